"""BPMN files on pages: download, bring in, see what could not be read."""

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.unit.bpmn.test_foreign import END, HEAD, START, TAIL, row

KEY = "contract-to-project"
TASK = '<bpmn:userTask id="T1" name="Look at it" />'


def upload(person, text, **more):
    return person.post(
        "/template-import/bpmn/", {"file": SimpleUploadedFile("a.bpmn", text.encode()), **more}
    )


def test_a_version_is_downloaded_and_brought_in(office, admin, auditor):
    assert admin.get(f"/templates/{KEY}/versions/1/").has("Download as BPMN")
    text = auditor.get(f"/templates/{KEY}/versions/1/bpmn/").html
    assert "<bpmndi:BPMNDiagram" in text
    assert upload(admin, text).has("is a draft now", "Everything in the diagram was read", "Open the draft")
    again = upload(admin, text)
    assert again.status == 409
    assert again.has("has a draft already", "Overwrite the draft")
    kept = admin.post("/template-import/bpmn/", {"diagram": text, "replace": "yes"})
    assert kept.has("is a draft now", "Everything in the diagram was read")
    assert upload(admin, text, replace="yes").status == 200


def test_what_could_not_be_read_is_shown(office, admin, auditor):
    assert admin.get("/template-import/bpmn/").has("Which diagram becomes a workflow?")
    made = upload(admin, HEAD + "\n".join((START, TASK, END, *row("T1"))) + TAIL)
    assert made.has("Nobody is named who does this task", "To choose", "line 7")
    refused = upload(admin, "no diagram")
    assert refused.status == 422
    assert refused.has("Nothing was imported", "Not readable as XML")
    assert admin.post("/template-import/bpmn/", {}).status == 422
    assert auditor.get("/template-import/bpmn/").status == 403
