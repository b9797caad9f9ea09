"""A protocol as a page of Markdown, made from its definition: what clinicians read beside the trial's own text.

The page holds nothing that is not in the definition; a test keeps it fresh. `docs/protocols/<name>.md` is where it goes.
"""

from __future__ import annotations

from analysis.pages.calendar import calendar, count_words, time_words
from analysis.pages.rows import then_words
from analysis.pages.subtrials import subtrials
from analysis.pages.tables import Lines, cite, table
from pathway.engine.context import Compiled
from pathway.language import (
    Decision,
    Input,
    Phase,
    Reading,
    Track,
)
from pathway.language.implied_orders import every_window
from pathway.language.point_words import accepted_words, order_text, schedule_words
from pathway.language.profile import Profile, make_profile
from pathway.language.terms import key_of, reading_name
from pathway.language.words import limit_words, moment_words, words


def protocol_page(compiled: Compiled, diagram: str) -> str:
    """The page, ending in a line end. `diagram` is a Mermaid state diagram of the tracks."""
    protocol, profile = compiled.protocol, make_profile(compiled.protocol)
    lines = [
        f"# {protocol.title}",
        "",
        f"Made from the definition by `allpath protocol docs {protocol.name}`; do not edit.",
        "Research software, not a medical device.",
        "",
        f"- Protocol `{protocol.name}`, version {protocol.version.number} of {protocol.version.date}: {protocol.version.note}",
        f"- Registry: {', '.join(protocol.registry) or 'none'}",
        f"- Assumption profile: `{protocol.profile_name}`",
        f"- Content hash: `{compiled.hash}`",
        "",
        "Sources: *registry* is the registry text; P1, B1 and the like are the references at the end; *assumption* is ours",
        "and for the trial team to confirm or replace.",
        "",
        *_criteria(compiled, profile),
        "## Phases",
        "",
        "```mermaid",
        diagram,
        "```",
        "",
        *(line for track in protocol.tracks for line in _track(track, profile)),
        "## Decision tables",
        "",
        *(line for key, d in compiled.decisions.items() for line in _decision(compiled, key, d, profile)),
        *calendar(compiled, profile),
        *_ledgers(compiled),
        *_doses(compiled, profile),
        *_notices(compiled, profile),
        *subtrials(compiled, profile),
        *_vocabulary(compiled),
        *_open_ends(compiled, profile),
    ]
    return "\n".join(lines).rstrip() + "\n"


# --- criteria, phases, decisions ------------------------------------------------------------------------------------


def _criteria(compiled: Compiled, profile: Profile) -> Lines:
    criteria = compiled.protocol.criteria
    if criteria:
        yield from ("## Criteria", "")
    for group in dict.fromkeys(c.group for c in criteria):
        yield from (f"### {group.capitalize()}", "")
        yield from table(
            ("Id", "What must hold", "As it is evaluated", "Source"),
            [
                (f"**{c.id}**", c.text, words(c.holds, profile), cite(c.source))
                for c in criteria
                if c.group == group
            ],
        )


def _track(track: Track, profile: Profile) -> Lines:
    yield from (f"### Track {track.id}", "", track.text, "")
    rows: list[tuple[str, ...]] = []
    for phase in track.phases:
        rows.append((f"**{phase.id}**", phase.text, _manner(phase), "", cite(phase.source)))
        rows += [
            (
                "",
                f"to {e.to}",
                f"at {e.planned} at the earliest" if e.planned else "",
                words(e.when, profile),
                cite(e.source),
            )
            for e in phase.exits
        ]
    rows += [
        ("*anywhere*", f"to {e.to}", "by itself", words(e.when, profile), cite(e.source))
        for e in track.anywhere
    ]
    yield from table(("Phase", "What", "How", "When", "Source"), rows)


def _manner(phase: Phase) -> str:
    said = [
        "terminal"
        if phase.terminal
        else f"left when a {phase.confirm} confirms"
        if phase.confirm
        else "left by itself"
    ]
    if phase.started_by:
        said.append(f"begun by {', '.join(time_words(t) for t in phase.started_by)}")
    if phase.only_when_started:
        said.append("only entered when begun")
    if phase.hit == "priority":
        said.append("the first exit wins")
    return "; ".join(said)


def _decision(compiled: Compiled, key: str, decision: Decision, profile: Profile) -> Lines:
    yield from (f"### {key}", "", decision.text, "")
    who = f"A {decision.confirm} confirms" if decision.confirm else "Computed and in force at once"
    yield f"- {who}; when values change after that: {decision.on_reopen} what was taken."
    yield f"- Options: {', '.join(decision.options)}. Source: {cite(decision.source)}."
    if decision.asked is not None:
        yield f"- Asked while {words(decision.asked, profile)}."
    if decision.boundary is not None:
        yield f"- On the limit, never taken by itself: {words(decision.boundary, profile)}."
    for option, done in decision.enacted:
        yield f"- {option} has been carried out when {words(done, profile)}."
    yield ""
    yield from table(
        ("Input", "Of", "Cells"),
        [(f"**{i.name}**", _of(i, profile), _cells(compiled, i, profile)) for i in decision.inputs],
    )
    names = [i.name for i in decision.inputs]
    rows = []
    for rule in decision.rules:
        cells = dict(rule.when)
        rows.append(
            (rule.id, *(" or ".join(cells.get(n, ("any",))) for n in names), f"**{then_words(rule.then)}**",
             " ".join(p for p in (rule.text, cite(rule.source)) if p))
        )  # fmt: skip
    yield from table(("Rule", *names, "Then", "Source"), rows)


def _of(item: Input, profile: Profile) -> str:
    if isinstance(item.of, str):
        return f"decision {item.of}"
    return reading_name(item.of) if isinstance(item.of, Reading) else words(item.of, profile)


def _cells(compiled: Compiled, item: Input, profile: Profile) -> str:
    if item.bands:
        said = [f"{b.name}: {' and '.join(limit_words(x, profile) for x in b.limits)}" for b in item.bands]
    elif isinstance(item.of, Reading):
        said = list(compiled.facts[item.of.fact].values)
    elif isinstance(item.of, str):
        said = [*compiled.decisions[item.of].options, "none: not asked"]
    else:
        said = ["yes", "no"]
    if item.closed is not None:
        said.append(f"{item.closed[0]}: still missing when {words(item.closed[1], profile)}")
    return "; ".join(said)


# --- ledgers and notices --------------------------------------------------------------------------------------------


def _ledgers(compiled: Compiled) -> Lines:
    ledgers = compiled.protocol.ledgers
    if ledgers:
        yield from ("## Infusions", "")
    yield from table(
        ("Ledger", "What", "Days", "Dose", "Low dose", "Source"),
        [
            (
                f"**{key_of(x.id, x.scope)}**",
                x.text,
                count_words(x.days),
                f"{x.dose} {x.unit}",
                f"{x.low_dose} {x.unit}",
                cite(x.source),
            )
            for x in ledgers
        ],
    )
    shown: set[object] = set()
    for ledger in ledgers:
        if ledger.rules not in shown:
            shown.add(ledger.rules)
            same = [key_of(x.id, x.scope) for x in ledgers if x.rules == ledger.rules]
            yield from (f"### Adverse events of {', '.join(same)}", "")
            yield from table(
                ("Rule", "Event", "Grades", "From occurrence", "Directive", "Text", "Source"),
                [
                    (
                        r.id,
                        r.event,
                        f"{r.grades[0]} to {r.grades[1]}",
                        str(r.nth),
                        r.action.replace("_", " "),
                        r.text,
                        cite(r.source),
                    )
                    for r in ledger.rules
                ],
            )


def _doses(compiled: Compiled, profile: Profile) -> Lines:
    """Courses of single doses, with what holds them."""
    for spec in compiled.protocol.doses:
        yield from (
            f"### Doses {key_of(spec.id, spec.scope)}",
            "",
            f"{spec.text}. Source: {cite(spec.source)}.",
            "",
        )
        columns = ("Dose", *(name or "amount" for name, _ in spec.amounts))
        amounts = [amount for _, amount in spec.amounts]
        yield from table(
            ("Day", *columns),
            [
                (str(day), label, *(f"{of[n]} {spec.unit}" if n < len(of) else "" for of in amounts))
                for n, (label, day) in enumerate(zip(spec.labels, spec.days, strict=False))
            ],
        )
        yield from table(
            ("Hold", "What", "While", "Source"),
            [
                (
                    f"**{h.id}**",
                    h.text,
                    words(h.when, profile) if h.when is not None else "always",
                    cite(h.source),
                )
                for h in spec.holds
            ],
        )


def _notices(compiled: Compiled, profile: Profile) -> Lines:
    protocol = compiled.protocol
    yield from ("## What is told", "", "### Milestones", "")
    yield from table(
        ("Id", "Text", "When", "To", "Source"),
        [
            (f"**{key_of(m.id, m.scope)}**", m.text, words(m.when, profile), m.to, cite(m.source))
            for m in protocol.milestones
        ],
    )
    yield from ("### Deviations and alerts", "")
    rows = []
    for d in protocol.deviations:
        rungs = [
            f"{r.severity} {f'from {moment_words(r.moment, profile)}' if r.moment else 'at once'}"
            for r in d.rungs
        ]
        rows.append(
            (
                f"**{key_of(d.id, d.scope)}**",
                d.text,
                words(d.when, profile),
                ", ".join(rungs),
                d.to,
                ", ".join(d.blocks),
                cite(d.source),
            )
        )
    yield from table(("Id", "Text", "While", "Severity", "To", "Blocks", "Source"), rows)


def _points(compiled: Compiled) -> Lines:
    protocol, profile = compiled.protocol, make_profile(compiled.protocol)
    points = every_window(protocol)
    if points:
        yield from (
            "### Time points",
            "",
            "What does not belong to its point is on record and does not count until somebody settles it.",
            "",
        )
    yield from table(
        ("Id", "What", "Of", "Samples that belong", "On schedule", "Source"),
        [
            (f"**{p.id}**" if p.id else "", p.text, ", ".join(p.facts), accepted_words(protocol, p, profile),
             schedule_words(protocol, p, profile), cite(p.source))
            for p in points
        ],
    )  # fmt: skip
    if protocol.orders:
        yield from ("### What comes first", "")
    yield from table(
        ("Order", "A breach says", "Source"),
        [(order_text(o), o.text, cite(o.source)) for o in protocol.orders],
    )


# --- vocabulary and what is open ------------------------------------------------------------------------------------


def _vocabulary(compiled: Compiled) -> Lines:
    protocol = compiled.protocol
    yield from ("## What is recorded", "", "### Facts", "")
    yield from table(
        ("Id", "What", "Units or values", "Points", "Counts", "From", "Source"),
        [
            (f"**{f.id}**", f.text, ", ".join([u.name for u in f.units] or [*f.values, *(["NEVER"] if f.never else [])]),
             ", ".join(f.points), f.cardinality, f.supplier, cite(f.source))
            for f in protocol.facts
        ],
    )  # fmt: skip
    yield from _points(compiled)
    yield from ("### Actions", "")
    yield from table(
        ("Id", "What", "Scope", "By", "Source"),
        [
            (
                f"**{a.id}**",
                a.text,
                "; ".join(f"{n}: {', '.join(v)}" for n, v in a.scopes),
                a.role,
                cite(a.source),
            )
            for a in protocol.actions
        ],
    )
    if protocol.adverse_events:
        yield from ("### Adverse events", "")
    yield from table(
        ("Id", "What", "Grades", "Scales", "Source"),
        [
            (f"**{a.id}**", a.text, f"{a.grades[0]} to {a.grades[1]}", ", ".join(a.scales), cite(a.source))
            for a in protocol.adverse_events
        ],
    )
    if protocol.endpoints:
        yield from ("### Endpoints", "")
    yield from table(
        ("Id", "What", "From", "Events", "Competing", "Censored at", "Source"),
        [
            (f"**{e.id}**", e.text, e.start, ", ".join(n for n, _ in e.events), ", ".join(n for n, _ in e.competing),
             ", ".join(e.censor), cite(e.source))
            for e in protocol.endpoints
        ],
    )  # fmt: skip


def _open_ends(compiled: Compiled, profile: Profile) -> Lines:
    protocol = compiled.protocol
    yield from (f"## Assumptions: profile {protocol.profile_name}", "")
    yield from table(
        ("Key", "Value", "What", "Source"),
        [
            (
                f"`{k.key}`",
                f"{k.default or 'not set'}{' (simulations only)' if k.simulation else ''}",
                k.text,
                cite(k.source),
            )
            for k in protocol.profile
        ],
    )
    if protocol.gaps:
        yield from ("## What the sources leave open", "")
    yield from table(("Id", "What"), [(f"**{gap}**", text) for gap, text in protocol.gaps])
    if protocol.impossible:
        yield from ("## Combinations declared impossible", "")
    yield from table(
        ("Never together", "Why"),
        [("; ".join(words(p, profile) for p in i.parts), i.reason) for i in protocol.impossible],
    )
    yield from ("## Findings of the prover that were accepted", "")
    if not protocol.waivers:
        yield from ("None.", "")
    yield from table(
        ("Finding", "Why it is accepted"), [(f"`{w.finding_id}`", w.reason) for w in protocol.waivers]
    )
    yield from ("## References", "")
    yield from table(("Key", "Source"), [(f"**{key}**", text) for key, text in protocol.references])
