"""Take absences over from somebody's calendar: from an address once a day, or from a file."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.conf import settings

from apps.accounts import policies as account_policies
from apps.accounts.models import User
from apps.approvals.choices import DelegationSource
from apps.approvals.exceptions import DelegationRefused, UnknownFeed, invalid_delegation
from apps.approvals.models import AbsenceFeed, Delegation
from apps.approvals.selectors.delegations import zone_of_user
from apps.approvals.services.delegations import end_delegation, keep_delegation, person_for
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid
from apps.core.http import HttpError, HttpRefused, check_url, outbound_client
from apps.dispatch.services.settle import cancel_work_of
from apps.dispatch.types import WorkItemSpec
from apps.integrations.vault import seal, unseal
from apps.ledger.services import attempt, enqueue, record, unit_of_work
from apps.workflows.engine.calendars import CalendarError
from apps.workflows.engine.ics import MAX_TEXT, Absence, read_absences
from tenants.context import current_tenant

log = structlog.get_logger(__name__)

FEED_KIND = "approvals.absence_feed"
READ_EVERY = timedelta(days=1)
AHEAD = timedelta(days=400)
"""Entries that begin later are left for another day."""
_SECONDS = 15.0


def save_feed(
    *,
    actor: Actor,
    user_id: UUID | None = None,
    url: str = "",
    text: str = "",
    taker_id: UUID | None = None,
    keyword: str = "",
) -> AbsenceFeed:
    """Take somebody's absences (None: the actor's) from the calendar at ``url``, or from the ``text`` of one, sent once.

    What an earlier calendar said and this one does not is ended. Raises Invalid with a pointer and Forbidden.
    """
    if bool(url) == bool(text):
        raise invalid_delegation("/url", "Give the address of a calendar, or send a file.", "one_of")
    owner = str(user_id or actor.user_id or "")
    # Before any lock is held: the name is looked up.
    address, host = _address(url) if url else ("", "")
    with unit_of_work(actor):
        mine = owner == actor.user_id
        account_policies.require(actor, "delegations:write" if mine else "delegations:manage")
        user = person_for(owner, "/user_id")
        taker = person_for(str(taker_id), "/deputy_id", decides=True) if taker_id else None
        feed = AbsenceFeed.objects.select_for_update(of=("self",)).filter(user=user).first()
        feed = feed or AbsenceFeed(user=user, version=0)
        feed.host = host
        feed.sealed_url = seal(address) if address else ""
        feed.taker, feed.keyword, feed.problem = taker, keyword, ""
        feed.version += 1
        feed.save()
        told = {"user": owner, "from": feed.host or "a file", "deputy": str(taker.pk) if taker else None}
        record("absence_feed.save", feed, after=told)
        cancel_work_of(tenant_id=current_tenant().id, refs=[feed.id])
        if address:
            enqueue(WorkItemSpec(FEED_KIND, feed.id))
        else:
            take_entries(feed, _read(feed, text), actor)
        return feed


def delete_feed(*, feed_id: UUID, actor: Actor) -> None:
    """Forget a calendar, and end the absences it brought that are not over."""
    with unit_of_work(actor):
        feed = AbsenceFeed.objects.select_for_update(of=("self",)).filter(pk=feed_id).first()
        mine = feed is not None and actor.user_id == str(feed.user_id)
        if feed is None or not (mine or account_policies.may(actor, "delegations:manage")):
            raise UnknownFeed
        account_policies.require(actor, "delegations:write" if mine else "delegations:manage")
        take_entries(feed, [], actor)
        record("absence_feed.delete", feed, before={"user": str(feed.user_id), "from": feed.host or "a file"})
        cancel_work_of(tenant_id=current_tenant().id, refs=[feed.id])
        Delegation.objects.filter(feed=feed).update(feed=None, feed_entry="")
        feed.delete()


def fetch(feed_id: UUID) -> tuple[str, str] | None:
    """Get the text of a feed's calendar: the text, and why there is none. None if there is nothing to get any more."""
    feed = AbsenceFeed.objects.filter(pk=feed_id).exclude(sealed_url="").first()
    if feed is None:
        return None
    try:
        answer = outbound_client().send(
            "GET",
            unseal(feed.sealed_url),
            timeout=_SECONDS,
            max_bytes=MAX_TEXT,
            headers={"Accept": "text/calendar"},
        )
    except HttpError as error:
        return "", error.message
    if answer.status != 200:
        return "", f"{feed.host} answered {answer.status}."
    return answer.body.decode("utf-8", "replace").replace("\x00", ""), ""


def take_fetched(feed_id: UUID, text: str, problem: str, actor: Actor) -> None:
    """Take over what was fetched, and come back tomorrow; part of the caller's unit of work."""
    feed = (
        AbsenceFeed.objects.select_for_update(of=("self",)).filter(pk=feed_id).exclude(sealed_url="").first()
    )
    if feed is None:
        return
    if not problem:
        try:
            take_entries(feed, _read(feed, text), actor)
        except Invalid as error:
            problem = error.errors[0].message
    if problem:
        feed.problem = problem
        feed.save(update_fields=["problem"])
        record("absence_feed.unreadable", feed, after={"problem": problem})
    due = now() + READ_EVERY
    enqueue(WorkItemSpec(FEED_KIND, feed.id, run_at=due))


def take_entries(feed: AbsenceFeed, entries: Sequence[Absence], actor: Actor) -> None:
    """Make the feed's absences what the entries say; part of the caller's unit of work, which holds the feed's lock."""
    at = now()
    wanted = {entry.key: entry for entry in entries if entry.ends > at and entry.begins < at + AHEAD}
    live = Delegation.objects.select_for_update(of=("self",)).filter(feed=feed, withdrawn_at=None)
    # An entry that was over and now ends later is a new absence.
    live.filter(ends_at__lte=at, feed_entry__in=list(wanted)).update(feed=None, feed_entry="")
    kept = set()
    for row in live.exclude(ends_at__lte=at):
        entry = wanted.get(row.feed_entry)
        if entry is not None and (row.begins_at, row.ends_at, row.taker_id) == (
            entry.begins,
            entry.ends,
            feed.taker_id,
        ):
            kept.add(row.feed_entry)
        else:
            end_delegation(row, actor)
    problems = [_take(feed, entry) for key, entry in sorted(wanted.items()) if key not in kept]
    feed.read_at, feed.problem = at, " ".join(dict.fromkeys(filter(None, problems)))
    feed.save(update_fields=["read_at", "problem"])


def _take(feed: AbsenceFeed, entry: Absence) -> str:
    """Make one entry an absence; return what was wrong with its deputy, who is then left out."""
    try:
        with attempt():
            keep_delegation(_row(feed, entry, feed.taker))
    except DelegationRefused as error:
        keep_delegation(_row(feed, entry, None))
        return error.detail
    return ""


def _row(feed: AbsenceFeed, entry: Absence, taker: User | None) -> Delegation:
    return Delegation(
        giver_id=feed.user_id,
        taker=taker,
        begins_at=entry.begins,
        ends_at=entry.ends,
        zone=zone_of_user(feed.user_id).key,
        source=DelegationSource.FEED,
        made_by=feed.host or "a calendar file",
        feed=feed,
        feed_entry=entry.key,
    )


def _read(feed: AbsenceFeed, text: str) -> list[Absence]:
    try:
        return read_absences(text, zone_of_user(feed.user_id), feed.keyword)
    except CalendarError as error:
        raise invalid_delegation(
            "/text", f"No absences can be read from this: {error}.", "unreadable"
        ) from error


def _address(url: str) -> tuple[str, str]:
    """Return the address as it is called, and its host."""
    address = f"https://{url[9:]}" if url.lower().startswith("webcal://") else url
    try:
        check_url(address, allowed_private=settings.OUTBOUND_ALLOWED_PRIVATE)
    except HttpRefused as error:
        raise invalid_delegation("/url", error.message, "url_refused") from error
    except HttpError as error:
        log.info("absence_feed.not_resolved", problem=error.message)
    return address, (urlsplit(address).hostname or "")[:253]
