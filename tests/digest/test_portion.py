from digest.portion import LARGEST, LONGEST, LONGEST_SAVING, SMALLEST, Portion


def test_portions_grow_with_what_waits_up_to_a_bound() -> None:
    sizes, portion = [], Portion()
    for _ in range(6):
        sizes.append(portion.size)
        portion = portion.after(portion.size, saving=0.001, took=0.1)
    assert sizes == [16, 32, 64, 128, 128, 128]
    assert (SMALLEST, LARGEST) == (16, 128)


def test_nothing_grows_while_little_waits() -> None:
    assert Portion().after(SMALLEST - 1, saving=0.001, took=0.1) == Portion()


def test_a_portion_that_would_be_written_for_too_long_is_not_taken() -> None:
    portion = Portion(64)
    assert portion.after(64, saving=LONGEST_SAVING * 0.6, took=0.1) == portion
    assert portion.after(64, saving=LONGEST_SAVING * 1.1, took=0.1) == Portion(32)


def test_messages_that_take_long_to_read_come_in_small_portions() -> None:
    portion = Portion(64).after(64, saving=0.001, took=LONGEST * 2)
    assert portion == Portion(32)
    assert Portion().after(16, saving=1, took=LONGEST * 2) == Portion()
