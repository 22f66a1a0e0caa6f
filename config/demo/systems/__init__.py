"""The systems of record of the demo (PSA, ERP, chat): a separate process with its own state, log and bad moods.

Run it with `python -m config.demo.systems --port N --data DIR [--latency-ms N]`; it listens on loopback only.

State is one SQLite file in DIR, written in one transaction a request *before* the answer leaves, so that
whatever was answered survives `kill -9`. Bearer tokens, one a system, are in `DIR/tokens.json` (made at the
first start; `tokens.ensure_tokens(DIR)` makes them earlier).

PSA   POST /psa/projects · GET /psa/projects[?external_id=] · GET /psa/projects/{id}
      POST /psa/projects/{id}/archive · POST|GET /psa/projects/{id}/time-entries[?status=]
      POST /psa/time-entries/{id}/approve · GET /psa/resources[?region=]
ERP   POST|GET /erp/customers[?external_id=] · GET /erp/customers/{id} · POST /erp/customers/{id}/deactivate
      PUT|GET /erp/purchase-orders/{number} · POST|GET /erp/invoices[?external_id=] · GET /erp/invoices/{id}
      POST /erp/invoices/{id}/cancel
chat  POST|GET /chat/messages[?channel=]

Every POST of these honours `Idempotency-Key`: same key and body, the first answer again (200 and
`Idempotent-Replayed: true`); same key and another body, 422 `idempotency_key_reused`.

Control (no token): GET /healthz · GET /log · GET /log/keys · GET|POST|DELETE /switch · the subscriber
(`config.demo.systems.subscriber`) · POST /stub/<anything>, which answers 200 after one millisecond and keeps nothing.
"""
