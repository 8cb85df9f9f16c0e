"""Over TLS, as in production: who is not trusted gets no key, and every deadline holds as without it."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from asleep import errors
from asleep.client import AsleepClient, Backoff, Timeouts

KEY = "a-key-of-the-tests-0123456789"
USER = b'{"detail": "success", "result": {"user_id": "G-1"}}'
Answer = Callable[[ssl.SSLSocket], None]


def at_once(connection: ssl.SSLSocket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(USER) + USER)


def in_two_parts(connection: ssl.SSLSocket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(USER) + USER[:10])
    time.sleep(0.6)  # longer than one look at whether the call was stopped
    connection.sendall(USER[10:])


def drips(connection: ssl.SSLSocket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(200):
        connection.sendall(b" ")
        time.sleep(0.05)


def hangs(_: ssl.SSLSocket) -> None:
    time.sleep(5)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: nothing was tried over TLS.")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    wanted = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    made = ["-keyout", str(key), "-out", str(certificate)]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *wanted, *made]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


class Served:
    """A TLS server on loopback that answers every request in one way."""

    def __init__(self, certificate: tuple[Path, Path]) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"https://127.0.0.1:{self._listening.getsockname()[1]}"
        self.answer: Answer = at_once
        self.requests: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._talk, args=(self._listening.accept()[0],), daemon=True).start()

    def _talk(self, plain: socket.socket) -> None:
        with suppress(OSError), plain, self._context.wrap_socket(plain, server_side=True) as connection:
            self.requests.append(connection.recv(65536))
            self.answer(connection)


@pytest.fixture
def served(certificate: tuple[Path, Path]) -> Iterator[Served]:
    server = Served(certificate)
    yield server
    server.close()


def trusting(served: Served, certificate: tuple[Path, Path], limits: Timeouts) -> AsleepClient:
    client = AsleepClient(base_url=served.address, api_key=KEY, timeouts=limits, backoff=Backoff(tries=1))
    client._transport._exchange._session.verify = str(certificate[0])
    return client


def test_a_service_that_nobody_vouches_for_gets_no_key_and_is_asked_once(served: Served) -> None:
    with AsleepClient(base_url=served.address, api_key=KEY) as client:
        with pytest.raises(errors.Untrusted, match="certificates"):
            client.get_user("G-1")
        with pytest.raises(errors.Untrusted):
            client.create_user()
    assert not any(served.requests)


@pytest.mark.parametrize("answer", [at_once, in_two_parts])
def test_a_trusted_service_is_read(served: Served, certificate: tuple[Path, Path], answer: Answer) -> None:
    served.answer = answer
    with trusting(served, certificate, Timeouts(total_s=5)) as client:
        assert client.get_user("G-1").user_id == "G-1"


@pytest.mark.parametrize("answer", [drips, hangs])
def test_the_deadline_holds(served: Served, certificate: tuple[Path, Path], answer: Answer) -> None:
    served.answer = answer
    with trusting(served, certificate, Timeouts(total_s=0.8)) as client:
        began_s = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded):
            client.get_user("G-1")
        assert time.monotonic() - began_s <= 0.8 + 0.5
