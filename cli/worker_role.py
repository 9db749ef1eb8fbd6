"""The worker as a program: what follows from a message, and the bound accounts."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from cli import build, judging, receiving
from cli.config import Config
from cli.interpreter import settle, yield_to_mail
from cli.keys import secret_box
from cli.learning import build_revision, learn_hourly, lessons_file
from cli.presence import member_of, present
from cli.program import Orders, Role
from cli.pulling import pull_settings
from cli.rechecker import Rechecker
from cli.scrubber import scrub_slowly
from cli.sweeper import (
    finish_erasures,
    index_old_mail,
    make_months_hourly,
    sweep_hourly,
    watch_quotas,
)
from digest.apart.limits import PATIENT, made_for
from digest.apart.reader import Reader
from digest.worker import Worker
from mail.errors import StoreProblem
from mail.reply_address import ReplyKey
from mta.diagnose import Diagnostician
from pull.puller import PullScheduler
from store.database import open_database
from store.metric_files import metrics_folder, published
from store.metrics import Metrics
from store.secrets import SecretBox
from store.writer import Writer


def worker(config: Config, *, demo: bool) -> Role:
    """What follows from a message, and the bound accounts."""

    async def role(orders: Orders) -> None:
        yield_to_mail()
        with contextlib.closing(open_database(build.store_settings(config))) as database:
            writer = Writer(database, build.now)
            writer.start()
            member = member_of(config, "worker")
            name = member.instance
            keys = secret_box(config)
            digester = Worker(
                database,
                name,
                build.now,
                Reader(made_for(PATIENT, config.smtp.max_message_bytes)),
                reply_keys=partial(_reply_keys, keys),
                revision=build_revision(config),
            )
            metrics = Metrics()
            puller = PullScheduler(
                database,
                replace(receiving.tools(config, writer, demo=demo), metrics=metrics),
                secret_box(config),
                pull_settings(config),
                name,
            )
            rechecker = Rechecker(
                database,
                judging.judge(config),
                lambda: judging.resolver(config, demo=demo),
                name,
                build.now,
            )
            settle()
            orders.ready()
            stop = orders.retire
            known = present(database, member, secret_box(config).fingerprint, build.now)
            publishing = published(metrics, metrics_folder(database), "worker")
            async with known, publishing, asyncio.TaskGroup() as tasks:
                tasks.create_task(rechecker.run(stop))
                tasks.create_task(digester.run(stop))
                tasks.create_task(Diagnostician(database, name, build.now).run(stop))
                tasks.create_task(puller.run(stop))
                tasks.create_task(scrub_slowly(database, metrics, build.now, stop))
                tasks.create_task(sweep_hourly(database, build.now, stop))
                tasks.create_task(make_months_hourly(database, stop))
                tasks.create_task(watch_quotas(database, stop))
                if config.digest.learn_from_corrections:
                    tasks.create_task(learn_hourly(database, lessons_file(config), stop))
                tasks.create_task(index_old_mail(database, stop))
                box = secret_box(config)
                tasks.create_task(finish_erasures(database, box, build.now, stop))
            await asyncio.to_thread(writer.close)

    return role


def _reply_keys(box: SecretBox) -> Sequence[ReplyKey]:
    """The keys of signed addresses. Where the key file cannot be read now, mail is digested all
    the same; the SMTP door says what is wrong with the file."""
    try:
        return box.reply_keys() if box.exists else ()
    except StoreProblem:
        return ()
