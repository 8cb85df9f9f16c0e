"""ASGI routes beside the dashboard: the receiver of webhooks, and what an operator asks of a running Nocturne."""
