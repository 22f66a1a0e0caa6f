"""Merging two people's changes of one template: independent changes come together, the others are laid side by side.

Steps are matched by id, fields by name. The merged text is one of the texts at hand, woven line by line or word by
word, so comments stay; only where no weaving gives what was merged is the text written anew, without comments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from apps.workflows.engine.merge3 import Agreed, Clash, compare
from apps.workflows.engine.merge_fields import Conflict, FieldMerge
from apps.workflows.engine.merge_order import merge_structure
from apps.workflows.engine.merge_steps import (
    HEAD,
    NotMergeable,
    Parts,
    is_steps,
    put_together,
    same,
    take_all_apart,
    take_apart,
)
from apps.workflows.engine.source import read_text

Json = dict[str, Any]
MINE = "mine"
THEIRS = "theirs"

_WORD = re.compile(r"\n|[ \t]+|[\w-]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Merged:
    """``text`` holds theirs wherever a conflict is left; ``keeps_comments`` is False when it was written anew."""

    text: str
    conflicts: tuple[Conflict, ...] = ()
    keeps_comments: bool = True


class Unreadable(ValueError):
    """A text is no template that could be merged; the message says which and why."""


def merge_texts(base: str, mine: str, theirs: str, choices: Mapping[str, str] | None = None) -> Merged:
    """Bring together what two texts changed against the base. ``choices`` settles conflicts by id: mine or theirs.

    Raise Unreadable.
    """
    if mine == theirs or theirs == base:
        return Merged(mine)
    if mine == base:
        return Merged(theirs)
    ground, theirs_document = _read(base, "the earlier text"), _read(theirs, "the saved text")
    mine, mine_document = _with_ids_of_its_own(mine, ground, theirs_document)
    try:
        document, conflicts = merge_documents(ground, mine_document, theirs_document, choices or {})
    except NotMergeable as error:
        raise Unreadable(str(error)) from error
    for text in _woven(base, mine, theirs):
        if _means(text, document):
            return Merged(text, tuple(conflicts))
    return Merged(_written(document), tuple(conflicts), keeps_comments=False)


def merge_documents(
    base: Json, mine: Json, theirs: Json, choices: Mapping[str, str]
) -> tuple[Json, list[Conflict]]:
    """Return the merged document and the conflicts nobody has settled yet. Raise NotMergeable."""
    parts = take_all_apart(base, mine, theirs)
    fields = FieldMerge(parts, choices)
    merged = Parts(fields=fields.merge())
    merged.lists = merge_structure(parts, merged.fields, fields)
    return put_together(merged), fields.conflicts


def _read(text: str, which: str) -> Json:
    source = read_text(text)
    if source.problems or not isinstance(source.data, dict):
        why = source.problems[0].message if source.problems else "It is no template."
        raise Unreadable(f"Of {which}: {why}")
    return source.data


def _with_ids_of_its_own(mine: str, base: Json, theirs: Json) -> tuple[str, Json]:
    """Rename new steps of mine whose ids the other side has given to new steps, too, with the words that name them."""
    document = _read(mine, "your text")
    try:
        before, ours, others = take_apart(base), take_apart(document), take_apart(theirs)
    except NotMergeable as error:
        raise Unreadable(str(error)) from error
    taken = {*before.fields, *ours.fields, *others.fields}
    for step in list(ours.fields):
        if step == HEAD or step in before.fields or step not in others.fields:
            continue
        if same(ours.fields[step], others.fields[step]):
            continue
        fresh = _fresh(step, taken)
        taken.add(fresh)
        renamed = re.sub(rf"(?<![\w-]){re.escape(step)}(?![\w-])", fresh, mine)
        wanted = _renamed(document, step, fresh)
        mine = renamed if _means(renamed, wanted) else _written(wanted)
        document = wanted
    return mine, document


def _fresh(step: str, taken: set[str]) -> str:
    stem = re.sub(r"_\d+$", "", step)
    number = 2
    while f"{stem}_{number}" in taken:
        number += 1
    return f"{stem}_{number}"


def _renamed(value: Any, step: str, fresh: str) -> Any:
    if isinstance(value, dict):
        return {
            name: fresh if name in ("id", "return_to") and item == step else _renamed(item, step, fresh)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_renamed(item, step, fresh) for item in value]
    if isinstance(value, str):
        return re.sub(rf"\bsteps\.{re.escape(step)}\b", f"steps.{fresh}", value)
    return value


def _woven(base: str, mine: str, theirs: str) -> Iterable[str]:
    """The texts that weaving can give, the likeliest first."""
    for cut in (_lines, _WORD.findall):
        stretches = compare(cut(base), cut(mine), cut(theirs))
        settle: Callable[[Clash], tuple[str, ...]]
        for settle in (
            lambda clash: clash.theirs,
            lambda clash: clash.mine,
            lambda clash: clash.mine + clash.theirs,
            lambda clash: clash.theirs + clash.mine,
        ):
            pieces = [each.items if isinstance(each, Agreed) else settle(each) for each in stretches]
            yield "".join(piece for group in pieces for piece in group)
            if all(isinstance(each, Agreed) for each in stretches):
                break


def _lines(text: str) -> list[str]:
    return (text if text.endswith("\n") else f"{text}\n").splitlines(keepends=True)


def _means(text: str, document: Json) -> bool:
    source = read_text(text)
    return not source.problems and same(_plain(source.data), _plain(document))


def _plain(value: Any) -> Any:
    """The document with the order of steps as part of it, the order of keys not."""
    if is_steps(value):
        return [_plain(step) for step in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _written(document: Json) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
