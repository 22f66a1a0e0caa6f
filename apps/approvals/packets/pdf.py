"""The readable page of a packet: who decided what on what, and how to verify it. Equal facts give equal bytes."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from apps.approvals.evidence import amount_in
from apps.approvals.packets.facts import PacketDecision, PacketDocument, PacketFacts
from apps.approvals.packets.words import channel_words, method_words, state_words
from tenants.palette import readable_on

_FONTS = Path(__file__).with_name("fonts")
_PLAIN, _BOLD = "Evidence", "Evidence-Bold"
_LONGEST = 2_000
_FRAME_PADDING = 6
_INK, _QUIET, _LINE = HexColor("#1c2430"), HexColor("#5a6572"), HexColor("#d5dae0")
_UNKNOWN = "□"
_NOTES = {
    "unknown": f"{_UNKNOWN} stands for characters that this page cannot draw; the JSON files have them.",
    "cut": "… stands for text that is too long for this page; the JSON files have all of it.",
}

_plain = TTFont(_PLAIN, str(_FONTS / "DejaVuSans.ttf"))
pdfmetrics.registerFont(_plain)
pdfmetrics.registerFont(TTFont(_BOLD, str(_FONTS / "DejaVuSans-Bold.ttf")))
pdfmetrics.registerFontFamily(_PLAIN, normal=_PLAIN, bold=_BOLD, italic=_PLAIN, boldItalic=_BOLD)

_TEXT = ParagraphStyle("text", fontName=_PLAIN, fontSize=9, leading=13, textColor=_INK, spaceAfter=1.2 * mm)
_SMALL = ParagraphStyle("small", _TEXT, fontSize=7.5, leading=10.5, textColor=_QUIET, spaceAfter=0)
_HASH = ParagraphStyle("hash", _SMALL, wordWrap="CJK")
_LEDE = ParagraphStyle("lede", _TEXT, fontSize=12, leading=17, spaceAfter=5 * mm)
_TITLE = ParagraphStyle("title", _TEXT, fontName=_BOLD, fontSize=18, leading=23, spaceAfter=2 * mm)
_HEADING = ParagraphStyle(
    "heading", _TEXT, fontName=_BOLD, fontSize=11, leading=15, spaceBefore=5 * mm, keepWithNext=1
)
_CELLS = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, _LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
)


def readable_page(facts: PacketFacts) -> bytes:
    """Return the PDF."""
    held = io.BytesIO()
    document = SimpleDocTemplate(
        held,
        pagesize=A4,
        leftMargin=20 * mm - _FRAME_PADDING,
        rightMargin=20 * mm - _FRAME_PADDING,
        topMargin=30 * mm,
        bottomMargin=20 * mm,
        title=f"Evidence: {facts.request['title']}",
        author=facts.issuer.brand,
        creator=facts.issuer.brand,
        producer=facts.issuer.brand,
        lang="en",
        invariant=1,
    )
    frame = _Frame(facts)
    document.build(_Writer(facts).story(), onFirstPage=frame, onLaterPages=frame)
    return held.getvalue()


class _Frame:
    """What stands on every page: the brand above, the page's number below."""

    def __init__(self, facts: PacketFacts) -> None:
        self.facts = facts

    def __call__(self, canvas: Any, document: Any) -> None:
        width, height = A4
        issuer = self.facts.issuer
        canvas.saveState()
        canvas.setFillColor(HexColor(issuer.colour))
        canvas.rect(0, height - 18 * mm, width, 18 * mm, stroke=0, fill=1)
        canvas.setFillColor(HexColor(readable_on(issuer.colour)))
        canvas.setFont(_BOLD, 12)
        canvas.drawString(20 * mm, height - 11.5 * mm, _drawable(issuer.brand)[:60])
        canvas.setFont(_PLAIN, 9)
        canvas.drawRightString(width - 20 * mm, height - 11.5 * mm, _drawable(issuer.workspace)[:60])
        canvas.setFillColor(_QUIET)
        canvas.setFont(_PLAIN, 7.5)
        canvas.drawString(20 * mm, 11 * mm, f"Approval {self.facts.request['approval']}")
        canvas.drawRightString(width - 20 * mm, 11 * mm, f"Page {document.page}")
        canvas.restoreState()


class _Writer:
    """Writes the story and remembers which notes it needs."""

    def __init__(self, facts: PacketFacts) -> None:
        self.facts = facts
        self.notes: dict[str, str] = {}

    def story(self) -> list[Any]:
        request = self.facts.request
        parts = [
            self._paragraph("What was decided, and what proves it", _TITLE),
            self._paragraph(f"“{request['title']}” {state_words(str(request['status']))}.", _LEDE),
            *self._fields(_about(request)),
            self._paragraph("What was asked", _HEADING),
            *self._fields((label.replace("_", " "), value) for label, value in request["show"].items()),
        ]
        for number, decision in enumerate(self.facts.decisions, start=1):
            parts += self._decision(number, decision)
        parts += self._documents()
        parts += self._audit()
        parts += self._verifying()
        parts += [Spacer(1, 3 * mm), *(self._paragraph(note, _SMALL) for note in self.notes.values())]
        return parts

    def _decision(self, number: int, decision: PacketDecision) -> Iterator[Any]:
        said = decision.said
        who = said["decided_by"]["label"] if "decided_by" in said else said["by"]
        yield self._paragraph(f"Decision {number}: {said['outcome']} by {who}", _HEADING)
        yield from self._fields(_decided(said))
        hashes = [
            ("What was shown", said.get("shown_sha256", "")),
            ("This record", sha256(decision.content).hexdigest()),
        ]
        for label, value in hashes:
            if value:
                yield self._paragraph(f"{label}, SHA-256: {value}", _HASH)

    def _documents(self) -> Iterator[Any]:
        yield self._paragraph("Documents that were shown", _HEADING)
        if not self.facts.documents:
            yield self._paragraph("None.", _TEXT)
        for document in self.facts.documents:
            yield KeepTogether(list(self._document(document)))

    def _document(self, document: PacketDocument) -> Iterator[Any]:
        facts = document.facts
        where = "in this packet" if document.content is not None else "kept elsewhere"
        yield self._paragraph(f"{facts['title']}: {facts['name']} ({where})", _TEXT)
        if facts["sha256"]:
            yield self._paragraph(f"SHA-256: {facts['sha256']}", _HASH)

    def _audit(self) -> Iterator[Any]:
        yield self._paragraph("The audit of it", _HEADING)
        rows = [[self._paragraph(word, _SMALL) for word in ("When (UTC)", "What", "By", "Seal")]]
        for entry in self.facts.proof.entries:
            said = json.loads(entry.content)
            words = (said["at"][:19].replace("T", " "), said["action"], said["actor"]["label"][:60])
            seal = str(entry.seal) if entry.seal is not None else "signed by itself"
            rows.append([self._paragraph(word, _SMALL) for word in (*words, seal)])
        yield Table(
            rows, colWidths=[38 * mm, 62 * mm, 45 * mm, 25 * mm], repeatRows=1, style=_CELLS, hAlign="LEFT"
        )

    def _verifying(self) -> Iterator[Any]:
        yield self._paragraph("How to verify it", _HEADING)
        yield self._paragraph(
            "Unpack the packet and run “python3 verify.py” in its folder. It needs Python 3.8 or newer, no network and no "
            "account, and says which file was changed if a single byte was. The public key that it prints must be one "
            f"of those at {self.facts.issuer.keys_at}, now:",
            _TEXT,
        )
        yield self._paragraph(self.facts.keys[0].hex, _HASH)

    def _fields(self, fields: Any) -> Iterator[Any]:
        for label, value in fields:
            text = _words(value)
            if text:
                yield Paragraph(f"<b>{self._markup(_capital(label))}:</b> {self._markup(text)}", _TEXT)

    def _paragraph(self, text: str, style: ParagraphStyle) -> Paragraph:
        return Paragraph(self._markup(text), style)

    def _markup(self, text: str) -> str:
        drawn = _drawable(text)
        if drawn != text:
            self.notes["unknown"] = _NOTES["unknown"]
        if len(drawn) > _LONGEST:
            self.notes["cut"] = _NOTES["cut"]
            drawn = drawn[:_LONGEST] + "…"
        return escape(drawn).replace("\n", "<br/>")


def _about(request: Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
    times = (
        ("Requested at", _time(request["requested_at"])),
        ("Decided at", _time(request["decided_at"])),
    )
    if request.get("extract"):
        return (("About", request["about"]), *times)
    policy = request["policy"]
    named = f"{policy['key']}, version {policy['version']}" if policy["key"] else "written into the workflow"
    return (
        ("About", request["about"]),
        ("Requested by", request["requested_by"]["label"]),
        *times,
        ("Policy", named),
        ("Stages", "; ".join(f"{stage['name']}: {stage['status']}" for stage in request["stages"])),
    )


def _decided(said: Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
    proofs = [method_words(proof["method"]) for proof in said.get("authenticated", ())]
    behalf = said.get("on_behalf_of") or {}
    return (
        ("When", _time(said.get("decided_at") or said.get("at"))),
        ("On behalf of", behalf.get("label", "")),
        ("Stage", said.get("stage", {}).get("name", "")),
        ("Comment", said["comment"]),
        ("Conditions", "; ".join(condition["text"] for condition in said.get("conditions", ()))),
        ("Corrected", _corrected(said.get("corrections", {}))),
        ("To change", "; ".join(f"{name}: {text}" for name, text in said.get("remarks", {}).items())),
        ("Where", channel_words(str(said["channel"]))),
        ("Proved who he is by", ", ".join(proofs)),
        ("From", said.get("address", "")),
        ("With", said.get("client", "")),
    )


def _corrected(corrections: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{name}: {_words(change['before'])} → {_words(change['after'])}"
        for name, change in corrections.items()
    )


def _words(value: Any) -> str:
    """Say a value of what was shown in one line; structures as JSON."""
    if isinstance(value, str):
        return value
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, Mapping) and (money := amount_in({"amount": value})):
        return f"{money.amount:,.2f} {money.currency}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _time(text: str | None) -> str:
    return f"{text[:19].replace('T', ' ')} UTC" if text else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _drawable(text: str) -> str:
    """Replace what the font lacks."""
    known = _plain.face.charToGlyph
    return "".join(letter if ord(letter) in known or letter == "\n" else _UNKNOWN for letter in text)
