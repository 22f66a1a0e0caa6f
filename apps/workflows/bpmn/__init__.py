"""Templates as BPMN 2.0 XML, drawn, and back. Pure."""
