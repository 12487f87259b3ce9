"""gunicorn: threads that keep connections alive, and a graceful stop. Bind and worker count are
given on the command line."""

from typing import Any

from shared import metrics

worker_class = "gthread"
threads = 8
keepalive = 75
graceful_timeout = 15
timeout = 60
backlog = 2048
max_requests = 0
worker_tmp_dir = None
accesslog = None
errorlog = "-"
loglevel = "warning"
limit_request_line = 8190


def on_starting(_server: Any) -> None:
    metrics.prepare_folder()


def child_exit(_server: Any, worker: Any) -> None:
    metrics.process_ended(worker.pid)
