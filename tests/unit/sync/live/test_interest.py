"""What a process remembers of the others' readers."""

from sync.live.interest import Interest


def test_process_that_tells_is_spoken_to_until_it_has_been_silent_too_long() -> None:
    interest = Interest()
    interest.hear("a", [1, 2], until=10)
    interest.hear("b", [2], until=12)
    assert (1 in interest, 3 in interest) == (True, False)
    assert sorted(interest.channels(2)) == ["a", "b"]
    interest.invalidate(11)
    assert (list(interest.channels(1)), list(interest.channels(2))) == ([], ["b"])
    assert (1 in interest, bool(interest)) == (False, True)
    interest.invalidate(13)
    assert (2 in interest, bool(interest)) == (False, False)


def test_later_words_add_to_the_earlier_and_keep_the_process_alive() -> None:
    interest = Interest()
    interest.hear("a", [1], until=10)
    interest.hear("a", [2], until=20)
    interest.invalidate(15)
    assert (1 in interest, 2 in interest, bool(interest)) == (False, True, True)


def test_process_without_readers_is_there_all_the_same() -> None:
    interest = Interest()
    interest.hear("a", [], until=10)
    assert bool(interest)
    assert list(interest.channels(1)) == []
