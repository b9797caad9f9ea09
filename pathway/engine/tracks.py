"""Tracks: where the patient is. A fold over confirmed exits, recorded reality and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pathway.clock import at_hour
from pathway.engine.anchors import compile_time
from pathway.engine.confirmations import compare, counts, judge, lapse, latest_confirmation, unconfirmed
from pathway.engine.context import TRACKS, Evaluation, Leaves
from pathway.engine.lapses import first_time, lapsed, looked_back
from pathway.engine.linker import Linker, exits_of
from pathway.engine.predicates import gate
from pathway.engine.results import Offer, Point, Resolved, Result, TrackRun
from pathway.engine.standing import compile_standing, compile_stood, in_doubt
from pathway.events import Event
from pathway.language import Phase, Track


def _never(ctx: Evaluation, look: Callable[[Evaluation], Resolved | None]) -> Resolved | None:
    return None


@dataclass(slots=True)
class _ExitFunction:
    to: str
    when: Callable[[Evaluation], Result]
    planned: int | None


@dataclass(slots=True)
class _PhaseNode:
    phase: Phase
    rank: int
    ways: list[_ExitFunction]
    started: list[Callable[[Evaluation], Point | None]]
    leaves: Leaves
    offer: int
    stood: Callable[[Evaluation, Callable[[Evaluation], Resolved | None]], Resolved | None] = _never


def compile_track(
    track: Track, linker: Linker, exit_leaves: Mapping[str, Leaves]
) -> Callable[[Evaluation], TrackRun]:
    """The function that walks a track. `exit_leaves`: what the exits of each phase rest on."""
    ids = [p.id for p in track.phases]
    if len(set(ids)) != len(ids):
        raise linker.error(f"track {track.id}: a phase is listed twice")
    _refuse_rewriting(track, linker)

    def way(exit_: object, where: str) -> _ExitFunction:
        to, when, planned = exit_.to, exit_.when, exit_.planned  # type: ignore[attr-defined]
        if to not in ids:
            raise linker.error(f"track {track.id}: {where} leads to {to!r}, which is not one of its phases")
        return _ExitFunction(to, gate(when, linker), linker.anchor(planned) if planned else None)

    linker.rests_on_its_past()
    number = list(linker.protocol.tracks).index(track)
    rooms: dict[str, _PhaseNode] = {}
    for rank, phase in enumerate(track.phases):
        started = [compile_time(t, linker) for t in phase.started_by]
        linker.depends(exits_of(track, phase))
        with linker.within(exits_of(track, phase)):
            linker.recorded(f"AFTER_{phase.id}")
            ways = [way(e, phase.id) for e in phase.exits]
        rooms[phase.id] = _PhaseNode(phase, rank, ways, started, exit_leaves[phase.id], len(linker.offers))
        linker.offers[exits_of(track, phase)] = _compile_offer(rooms[phase.id], rooms)
        if phase.confirm is not None:
            linker.may_lapse[f"AFTER_{phase.id}"] = _compile_may_lapse(rooms[phase.id], rooms)
    anywhere = [way(e, "an exit from anywhere") for e in track.anywhere]
    for out in anywhere:
        out.when = compile_standing(out.when, linker)
    for room in rooms.values():
        room.stood = compile_stood(linker)

    def walk(ctx: Evaluation) -> TrackRun:
        state = TrackRun(ids[0], ctx.start, [(ids[0], ctx.start, "start")])
        starts = {name: at for name, room in rooms.items() if (at := _started(ctx, room)) is not None}
        for _ in range(len(ids) + 1):
            room = rooms[state.phase]
            found = _leave(ctx, number, room, rooms, starts, state)
            if not room.phase.terminal:
                for out in anywhere:
                    result = out.when(ctx)
                    if (
                        result.verdict == "PASS"
                        and result.since is not None
                        and (found is None or result.since < found[1])
                        and rooms[out.to].rank > room.rank
                    ):
                        found = (out.to, max(result.since, state.since), "automatic")
            if found is None:
                return state
            to, at, how = found
            at = max(at, state.since) if any(to == past for past, _, _ in state.path) else at
            if how == "recorded" and room.phase.confirm is not None and rooms[to].phase.started_by:
                taken = state.exits[room.phase.id].taken if room.phase.id in state.exits else None
                if taken is None or taken.value != to:
                    state.unconfirmed.append((to, at))
            state.phase, state.since = to, at
            state.path.append((to, at, how))
        return state

    return walk


def _compile_offer(room: _PhaseNode, rooms: dict[str, _PhaseNode]) -> Callable[[Evaluation], Offer]:
    """What the exits of a phase offer: asked anew when an event touches them, not with each walk of the track."""

    def offer(ctx: Evaluation) -> Offer:
        found = _propose(ctx, room)
        taken = latest_confirmation(ctx, f"AFTER_{room.phase.id}") if room.phase.confirm is not None else None
        if taken is None or taken.value not in rooms:
            return Offer(found)
        return Offer(found, taken, compare(ctx, found, taken, room.leaves))

    return offer


def _compile_may_lapse(room: _PhaseNode, rooms: dict[str, _PhaseNode]) -> Callable[[Evaluation], bool]:
    """Whether the answer at a phase may have lost its ground: never while the phase that it leads to has begun, nor while it
    would count even if nothing had been done on it."""

    question = f"AFTER_{room.phase.id}"

    def may_lapse(ctx: Evaluation) -> bool:
        taken = latest_confirmation(ctx, question)
        to = rooms.get(taken.value or "") if taken is not None else None
        if to is None or _started(ctx, to) is not None:
            return False
        offer = ctx.offer(room.offer)
        assert offer.taken is not None
        assert offer.now is not None
        return not counts(offer.found, offer.taken, offer.now, room.phase.on_reopen)

    return may_lapse


def _refuse_rewriting(track: Track, linker: Linker) -> None:
    """A patient who was let in without asking, and is then turned away, must be said to have been in or not."""
    first, by_id = track.phases[0], {p.id: p for p in track.phases}
    ways = [by_id[e.to] for e in first.exits if e.to in by_id] if first.confirm is None else []
    if not any(p.terminal for p in ways):
        return
    for phase in ways:
        if not phase.terminal and phase.lasts is None:
            raise linker.error(
                f"track {track.id}: {first.id} leads to {phase.id} or to an end, both without asking: say whether to have "
                f"entered {phase.id} lasts, whatever is recorded later (lasts=True), or not (lasts=False)"
            )


def _started(ctx: Evaluation, room: _PhaseNode) -> datetime | None:
    found = [p for time in room.started if (p := time(ctx)) is not None]
    at = min((p.instant or at_hour(p.day, 0, ctx.tz) for p in found), default=None)
    return at if at is not None and ctx.passed(at) else None


def _leave(
    ctx: Evaluation,
    number: int,
    room: _PhaseNode,
    rooms: dict[str, _PhaseNode],
    starts: dict[str, datetime],
    state: TrackRun,
) -> tuple[str, datetime, str] | None:
    """The next phase, when and how, or None while the patient stays."""
    been = [name for name, _, _ in state.path]
    recorded = [
        (at, rooms[name].rank, name)
        for name, at in starts.items()
        if name not in been and (rooms[name].rank > room.rank or at > state.since)
    ]
    reality = min(recorded, default=None)
    regular = _exit(ctx, number, room, rooms, starts, state)
    if regular is not None and (reality is None or regular[1] <= reality[0]):
        return regular
    if reality is not None:
        taken = state.exits[room.phase.id].taken if room.phase.id in state.exits else None
        how = "confirmed" if taken is not None and taken.value == reality[2] else "recorded"
        return reality[2], reality[0], how
    return None


def _exit(
    ctx: Evaluation,
    number: int,
    room: _PhaseNode,
    rooms: dict[str, _PhaseNode],
    starts: dict[str, datetime],
    state: TrackRun,
) -> tuple[str, datetime, str] | None:
    phase = room.phase
    if not room.ways:
        return None
    offer = ctx.offer(room.offer)
    found = offer.found.copy()
    if phase.confirm is None:
        if found.proposal is None and found.doubt:
            # What was entered without asking is not left because two results disagree.
            before = room.stood(ctx, lambda past: _settled(_propose(past, room)))
            found.proposal, found.since = (
                (before.proposal, before.since) if before is not None else (None, None)
            )
        entered_once = _history(ctx, number, room, rooms, state)
        if entered_once is not None:
            return entered_once[0], entered_once[1], "automatic"
        if found.proposal is None:
            return None
        found.outcome, found.state = found.proposal, "computed"
        at = max(_entry(ctx, room, found.proposal, found.since or ctx.start), state.since)
    else:
        state.exits[phase.id] = found
        taken, now = offer.taken, offer.now
        if taken is not None and phase.id in starts and taken.recorded < starts[phase.id]:
            taken = None  # it ended what has since been begun anew
        if taken is None or taken.value is None or now is None:
            found.since = max(found.since or state.since, state.since)
            unconfirmed(found)
            return None
        option = taken.value
        at = max(_entry(ctx, room, option, taken.recorded), state.since)
        begun = option in starts
        entered = not rooms[option].phase.only_when_started and ctx.passed(at)
        unchanged = now.same_values and now.same_offer and not now.grown
        done = begun or (entered and unchanged)
        turned = max(now.changed_at, taken.recorded) if now.changed_at is not None else None
        in_spite = begun and turned is not None and starts[option] > turned
        judge(found, taken, now, done, phase.on_reopen, in_spite)
        if found.state in ("reopened", "none") and entered and _held(ctx, number, room, taken, at):
            done = True
            judge(found, taken, now, done, phase.on_reopen)
        if not begun and found.outcome == option and lapsed(ctx, taken.name, taken):
            done = False
            lapse(found)
        if done:
            found.open = False
        if found.outcome is None:
            return None
        option = found.outcome
        if begun:
            return option, starts[option], "confirmed"
    target = found.outcome
    if rooms[target].phase.only_when_started:
        return None
    return (target, at, "confirmed" if phase.confirm else "automatic") if ctx.passed(at) else None


def _history(
    ctx: Evaluation, number: int, room: _PhaseNode, rooms: dict[str, _PhaseNode], state: TrackRun
) -> tuple[str, datetime] | None:
    """The phase that lasts and was entered from here, by what was on record then and has not been corrected since."""
    lasting = {way.to for way in room.ways if rooms[way.to].phase.lasts}
    if not lasting:
        return None

    def entered(past: Evaluation) -> str | None:
        found = _propose(past, room)
        return found.proposal if found.proposal in lasting else None

    first = first_time(ctx, ("entered", room.phase.id), (TRACKS, number), entered)
    return None if first is None else (first[0], max(first[1], state.since))


def _held(ctx: Evaluation, number: int, room: _PhaseNode, taken: Event, at: datetime) -> bool:
    """Whether the confirmation counted when the phase was to be entered, by what was on record then."""

    def counted(past: Evaluation) -> bool:
        found = _propose(past, room)
        judge(found, taken, compare(past, found, taken, room.leaves), False, room.phase.on_reopen)
        return found.outcome is not None

    return looked_back(ctx, ("held", number, room.phase.id, taken.id), at, counted)


def _entry(ctx: Evaluation, room: _PhaseNode, option: str, authorised: datetime) -> datetime:
    """When a confirmed exit takes effect: at its planned time if that is later than the confirmation."""
    for way in room.ways:
        if way.to == option and way.planned is not None:
            point = ctx.anchor(way.planned)
            if point is not None:
                return max(authorised, point.instant or at_hour(point.day, 0, ctx.tz))
    return authorised


def _propose(ctx: Evaluation, room: _PhaseNode) -> Resolved:
    found = Resolved()
    results = [(way.to, way.when(ctx)) for way in room.ways]
    found.bands = tuple(
        (f"{n}:{to}", r.verdict) for n, (to, r) in enumerate(results) if r.verdict != "PENDING"
    )
    passing = list(dict.fromkeys(to for to, r in results if r.verdict == "PASS"))
    if room.phase.hit == "priority" and passing:
        first = next(n for n, (_, r) in enumerate(results) if r.verdict == "PASS")
        unsure = [r for _, r in results[:first] if r.verdict in ("PENDING", "REVIEW")]
        passing = [] if unsure else passing[:1]
    found.possible = tuple(dict.fromkeys(to for to, r in results if r.verdict != "FAIL"))
    if len(passing) == 1:
        found.proposal = passing[0]
        found.since = min(
            (r.since for to, r in results if to == passing[0] and r.verdict == "PASS" and r.since),
            default=ctx.start,
        )
    elif passing:
        found.choice = tuple(passing)
        found.since = max((r.since for to, r in results if to in passing and r.since), default=ctx.start)
    else:
        found.missing = tuple(
            dict.fromkeys(i for _, r in results if r.verdict == "PENDING" for i in (r.missing or (-1,)))
        )
        cannot = ctx.unobtainable(found.missing) is not None
        found.missing = () if cannot else found.missing
        found.review = (cannot or any(r.verdict == "REVIEW" for _, r in results)) and not found.missing
        found.none = not found.missing and not found.review
        found.doubt = any(in_doubt(r) for _, r in results)
    return found


def _settled(found: Resolved) -> Resolved | None:
    """What a phase that is left without asking said, if it could tell."""
    return found if found.proposal is not None or found.none else None
