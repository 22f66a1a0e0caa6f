"""The evidence packet: files that prove a decision to somebody who has nothing but them. Pure."""
