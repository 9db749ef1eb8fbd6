from store.database import Database
from store.small_settings import get_setting, put_setting


def test_a_value_is_kept_changed_and_taken_away(database: Database) -> None:
    assert get_setting(database, "first_run") is None
    for value in (False, {"at": "2026-11-20", "names": ["李", None]}, 0, ""):
        put_setting(database, "first_run", value)
        assert get_setting(database, "first_run") == value
    put_setting(database, "other", 1)
    put_setting(database, "first_run", None)
    put_setting(database, "first_run", None)
    assert get_setting(database, "first_run") is None
    assert get_setting(database, "other") == 1
