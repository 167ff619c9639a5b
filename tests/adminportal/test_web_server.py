"""Settings of the web server that carry a promise."""

from __future__ import annotations

from adminportal import web_server


def test_server_writes_no_line_with_the_raw_path() -> None:
    assert web_server.accesslog is None


def test_server_believes_no_forwarded_header_by_itself() -> None:
    assert web_server.forwarded_allow_ips == ""


def test_server_opens_no_second_door() -> None:
    assert web_server.control_socket_disable
    assert web_server.bind.startswith("127.0.0.1:")


def test_server_runs_threads_because_hashing_frees_the_interpreter() -> None:
    assert web_server.worker_class == "gthread"
