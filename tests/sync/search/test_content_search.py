"""Searching sessions by what is said in them: soon after it was said, for those who may see it, gone once erased."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from sync.archive import deletions_confirm, session_cool, session_erase, session_restore, snapshots_write_due
from sync.archive.cold.cooling import Cooling
from sync.models import DeletionReceipt, Session, SessionSearch, Snapshot
from sync.search import engines, index_clean, index_is_made, sessions_find, unindexed_sessions
from sync.search.engines import FTS5, SearchTooLong
from tests.cast import Cast, SignIn, owner_acting
from tests.support.transcripts import CONVERSATION, FIRST_TEXT, INFO, SECOND_TEXT, make_session, publish
from workspaces.models import Workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]
PAGE = "/workspaces/alpha/sessions/"
FRESH = timedelta(seconds=30)
LATER = timedelta(minutes=5, seconds=1)


@pytest.fixture
def session(cast: Cast) -> Session:
    """Alpha's session with CONVERSATION in it, as it is within FRESH."""
    return indexed(publish(make_session(workspace=cast.alpha, created_by=cast.alice), CONVERSATION))


def indexed(session: Session) -> Session:
    snapshots_write_due(now=utc_now() + FRESH)
    session.refresh_from_db()
    return session


def found(workspace: Workspace, query: str) -> list[int]:
    return sorted(sessions_find(workspace, query).ids)


def shown(client: Client, query: str, address: str = PAGE) -> list[str]:
    answer = client.get(address, {"q": query})
    assert answer.status_code == 200
    return re.findall(r"<bdi>([^<]*)</bdi></a>", answer.content.decode())


@pytest.mark.parametrize("query", ["retry", "does it fail", "because timer", "FAIL tim", "retry.py", "ses_1"])
def test_member_finds_a_session_by_what_is_in_it(cast: Cast, session: Session, sign_in: SignIn, query: str) -> None:
    assert shown(sign_in(cast.carol), query) == ["Fix the retry"]


@pytest.mark.parametrize("query", ["retry nothing", "hush", "fake-1-2"])
def test_every_word_has_to_be_in_it_and_nothing_hidden_is(
    cast: Cast, session: Session, sign_in: SignIn, query: str
) -> None:
    assert shown(sign_in(cast.carol), query) == []


def test_title_is_found_before_the_index_has_it(cast: Cast, sign_in: SignIn) -> None:
    publish(make_session(workspace=cast.alpha), CONVERSATION)
    assert not SessionSearch.objects.exists()
    assert shown(sign_in(cast.carol), "the RETRY") == ["Fix the retry"]


def test_what_was_changed_is_found_as_it_is_now(cast: Cast, session: Session) -> None:
    publish(session, {SECOND_TEXT: {"type": "text", "text": "Because of the cache."}}, deleted=(FIRST_TEXT,))
    indexed(session)
    assert found(cast.alpha, "cache") == [session.pk]
    assert found(cast.alpha, "timer") == found(cast.alpha, "fail") == []


def test_nobody_finds_what_is_in_another_workspace(cast: Cast, session: Session, sign_in: SignIn) -> None:
    assert found(cast.gamma, "timer") == []
    assert shown(sign_in(cast.charlie), "timer", "/workspaces/gamma/sessions/") == []
    assert sign_in(cast.charlie).get(PAGE, {"q": "timer"}).status_code == 404


def test_index_that_is_wrong_shows_nothing_of_another_workspace(cast: Cast, session: Session, sign_in: SignIn) -> None:
    Session.objects.filter(pk=session.pk).update(workspace=cast.gamma, owner_key=cast.gamma.pk)
    assert found(cast.alpha, "timer") == [session.pk], "the document still says alpha"
    assert shown(sign_in(cast.alice), "timer") == []


@pytest.mark.parametrize(
    "query",
    ['"', "'", "*", "timer*", "+timer -timer", "(timer", "a", "\0", "🙂", "timer " * 40, "NEAR(a b)", "%", "\\"],
)
def test_query_is_words_and_never_an_engines_syntax(cast: Cast, session: Session, sign_in: SignIn, query: str) -> None:
    assert sign_in(cast.alice).get(PAGE, {"q": query}).status_code == 200
    assert found(cast.alpha, query) == [session.pk] * ("timer" in query)


def test_search_that_takes_too_long_says_so(
    cast: Cast, session: Session, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> list[int]:
        raise SearchTooLong

    monkeypatch.setattr(type(engines.engine()), "find", never)
    assert "Search took too long" in sign_in(cast.alice).get(PAGE, {"q": "timer"}).content.decode()


@pytest.mark.embedded
def test_sqlites_search_is_ended_by_its_deadline(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Session(client_id=f"ses_{n}", workspace=cast.alpha, owner_key=cast.alpha.pk) for n in range(300)]
    Session.objects.bulk_create(rows)
    words = " ".join(f"xword{n}" for n in range(100))
    made = Session.objects.filter(workspace=cast.alpha)
    SessionSearch.objects.bulk_create(SessionSearch(session=row, seq=1, version=1, words=words) for row in made)
    monkeypatch.setattr(engines, "SECONDS", -1.0)
    monkeypatch.setattr(engines, "_STEPS", 10)
    with pytest.raises(SearchTooLong):
        FTS5().find([engines.QueryWord("xword", True)], 1_000)
    monkeypatch.undo()
    assert len(FTS5().find([engines.QueryWord("xword", True)], 1_000)) == 300


def test_erased_session_is_in_no_index_before_its_receipt_says_so(cast: Cast, session: Session) -> None:
    kept = indexed(publish(make_session(workspace=cast.alpha, client_id="ses_2"), {FIRST_TEXT: {"type": "text"}}))
    assert "timer" in stored_words()
    session_erase(session_id=session.pk, actor=THE_CONSOLE)
    assert found(cast.alpha, "timer") == []
    assert deletions_confirm(now=utc_now() + LATER) == 1
    assert "timer" not in stored_words()
    assert DeletionReceipt.objects.get().confirmed_at is not None
    assert list(SessionSearch.objects.values_list("pk", flat=True)) == [kept.pk]


def test_receipt_waits_while_the_index_rests(cast: Cast, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.search.cleaning.REST_FACTOR", 10**9)
    index_clean(now=utc_now())
    session_erase(session_id=session.pk, actor=THE_CONSOLE)
    assert deletions_confirm(now=utc_now() + LATER) == 0


def stored_words() -> str:
    """All that the engine's tables of the index hold, whatever it would find of it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT block FROM sync_sessionsearch_words_data")
            return b"\n".join(bytes(block) for (block,) in cursor.fetchall()).decode("latin-1")
        cursor.execute("SELECT SUBSTRING_INDEX(database(), '.', 1)")
        name = cursor.fetchone()[0]
        cursor.execute(f"SET GLOBAL innodb_ft_aux_table = '{name}/sync_sessionsearch'")
        cursor.execute(
            "SELECT word FROM information_schema.innodb_ft_index_table "
            "UNION SELECT word FROM information_schema.innodb_ft_index_cache"
        )
        return " ".join(word for (word,) in cursor.fetchall())


def test_cold_session_is_found_and_stays_cold(cast: Cast, session: Session) -> None:
    assert session_cool(session_id=session.pk) is Cooling.COOLED
    assert found(cast.alpha, "timer") == [session.pk]


def test_session_that_is_cooled_before_its_turn_is_found(cast: Cast) -> None:
    session = publish(make_session(workspace=cast.alpha), CONVERSATION)
    assert session_cool(session_id=session.pk) is Cooling.COOLED
    assert found(cast.alpha, "timer") == [session.pk]


def test_restored_session_is_found_by_its_old_words(cast: Cast, session: Session) -> None:
    old = Snapshot.objects.get(session=session)
    indexed(publish(session, {SECOND_TEXT: {"type": "text", "text": "Because of the cache."}}))
    session_restore(snapshot=old, actor=owner_acting(cast.alpha))
    indexed(session)
    assert found(cast.alpha, "timer") == [session.pk]
    assert found(cast.alpha, "cache") == []


def test_session_of_nobody_is_in_no_index() -> None:
    indexed(publish(make_session(), CONVERSATION))
    assert not SessionSearch.objects.exists()
    assert not unindexed_sessions().exists()


@pytest.mark.embedded
def test_words_that_stay_the_same_cost_the_index_nothing(session: Session) -> None:
    before = stored_words(), SessionSearch.objects.get().words
    indexed(publish(session, {INFO: {**CONVERSATION[INFO], "cost": 1}}))
    assert (stored_words(), SessionSearch.objects.get().words) == before
    assert SessionSearch.objects.get().seq == session.head_seq


def test_database_has_the_index() -> None:
    assert index_is_made()


def test_schedule_keeps_the_index_fresh() -> None:
    sweep = settings.CELERY_BEAT_SCHEDULE["snapshots-sweep"]["schedule"]
    assert settings.SYNC_SNAPSHOT_DELAY_SECONDS + 2 * sweep <= FRESH.total_seconds()
