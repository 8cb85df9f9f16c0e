"""Every line of the log: nobody's secret is in it, nothing that was received begins a line, machines can read it."""

import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nocturne import logs
from nocturne.log_secrets import Censor
from nocturne.logs import Format, bound, formatter
from tests.serving import ROOT, clean_environment

PERSON = "G-20260105081500-QmVubml0b1NsZWVwUVo"
NIGHT = "20260214220530_m4t6b"


class Written(logging.Handler):
    """Keeps what would be written."""

    def __init__(self, form: Format, censor: Censor) -> None:
        super().__init__()
        self.setFormatter(formatter(form, censor))
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(self.format(record))


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    logger = logging.Logger("nocturne.tried")
    yield logger
    logger.handlers.clear()


def writing(log: logging.Logger, form: Format = "text", *known: str) -> Written:
    handler = Written(form, Censor(known))
    log.addHandler(handler)
    return handler


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("the key is s3cr3t-of-ours.", "the key is [key]."),
        (f"nights of {PERSON}", r"nights of [user \w{10}]"),
        (f"session {NIGHT} of it", r"session [session \w{10}] of it"),
        ("The statistics of p_abcdefghij23 stay", r"The statistics of [person \w{10}] stay"),
        ("ask mail+x@mail.example.org.", r"ask [e-mail]."),
        ("POST /webhooks/asleep/dG9rZW4tdG9rZW4 HTTP/1.1", "POST /webhooks/asleep/[token] HTTP/1.1"),
        ("{'x-api-key': 'abc-123', 'b': 1}", "{'x-api-key': '[key]', 'b': 1}"),
        ("x-api-key: abc-123", "x-api-key: [key]"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer [token]"),
        ("postgresql+psycopg://me:pw@host/db", "postgresql+psycopg://[password]@host/db"),
        ("10 of 48 people asked in 0.3 s, GET /ai/v1/users/{user_id}", None),
    ],
)
def test_what_is_secret_is_taken_out_and_the_rest_stays(
    log: logging.Logger, said: str, kept: str | None
) -> None:
    written = writing(log, "plain", "s3cr3t-of-ours")
    log.warning("%s", said)
    pattern = re.escape(kept or said).replace(re.escape(r"\w{10}"), r"\w{10}")
    assert re.fullmatch(pattern, written.text[0])


def test_one_person_has_one_mark_and_two_have_two(log: logging.Logger) -> None:
    written = writing(log, "plain")
    for person in (PERSON, PERSON, PERSON[:-1] + "p"):
        log.warning("%s", person)
    first, again, other = written.text
    assert first == again != other


def test_a_mark_cannot_be_tried_out() -> None:
    assert Censor()(PERSON) != Censor()(PERSON)  # another secret
    assert Censor(mark=lambda given: str(len(given)))(PERSON) == f"[user {len(PERSON)}]"


@pytest.mark.parametrize("form", ["text", "json", "plain"])
def test_a_traceback_holds_no_secret_and_no_line_that_could_be_a_record(
    log: logging.Logger, form: Format
) -> None:
    written = writing(log, form, "s3cr3t-of-ours")
    said = f"s3cr3t-of-ours\nERROR nocturne: forged\r\nof {PERSON}"
    try:
        int(said)
    except ValueError as problem:
        problem.args = (said,)
        log.exception("It broke off.")
    (text,) = written.text
    assert "s3cr3t" not in text
    assert PERSON not in text
    assert not any(line.startswith("ERROR nocturne:") for line in text.split("\n"))
    assert "ValueError" in text


@pytest.mark.parametrize(
    "secret", ["s3cr3t-of-ours", PERSON, NIGHT, "somebody@post.example.org", "x-api-key: abc-123-def-456"]
)
def test_no_part_of_a_secret_is_left_where_a_long_line_is_cut(log: logging.Logger, secret: str) -> None:
    """It lies across the place of the cut, of a message at its end and of a traceback at its beginning."""
    written = writing(log, "plain", "s3cr3t-of-ours")
    middle = len(secret) - 4
    log.warning("%s", "." * (logs._LONGEST - middle - 1) + " " + secret + " " + "." * 1_000)
    assert len(written.text[0]) <= logs._LONGEST
    problem = ValueError(secret + "." * (logs._LONGEST - len("\n") - 4))
    log.warning("x", exc_info=problem)
    said = "".join(written.text)
    assert not any(secret[at : at + 4] in said for at in range(len(secret) - 4) if "x-api" not in secret)
    assert "abc-" not in said
    assert "456" not in said


def test_a_long_text_without_any_address_takes_no_longer_than_it_has_to() -> None:
    censor = Censor()
    began_s = time.process_time()
    censor("a" * 40_000)
    assert time.process_time() - began_s < 0.5


@given(said=st.text(max_size=80), form=st.sampled_from(["text", "json", "plain"]))
def test_whatever_is_said_is_one_line(said: str, form: Format) -> None:
    log = logging.Logger("nocturne.tried")
    written = writing(log, form)
    log.warning("%s", said)
    assert len(written.text[0].splitlines()) <= 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", written.text[0])


def test_a_line_of_json_tells_when_how_grave_who_and_what(log: logging.Logger) -> None:
    written = writing(log, "json")
    with bound(request_id="0a1b-7"):
        log.warning("%d webhooks could not be stored.", 3)
    log.error("Afterwards.")
    first, second = (json.loads(line) for line in written.text)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", first.pop("timestamp"))
    assert first == {
        "level": "warning",
        "logger": "nocturne.tried",
        "message": "3 webhooks could not be stored.",
        "request_id": "0a1b-7",
    }
    assert "request_id" not in second


def test_what_is_bound_is_cleaned_too(log: logging.Logger) -> None:
    written = writing(log, "text", "s3cr3t-of-ours")
    with bound(request_id="a\nERROR b: s3cr3t-of-ours"):
        log.warning("x")
    assert written.text == ["WARNING nocturne.tried: x [request_id=a\\nERROR b: [key]]"]


def test_an_ordinary_line_looks_as_it_always_did(log: logging.Logger) -> None:
    written = writing(log, "text")
    log.info("The tables of %s are at revision %s.", "the store", "r0007")
    assert written.text == ["INFO nocturne.tried: The tables of the store are at revision r0007."]


LOGGING = """
import logging, warnings
from nocturne import logs
from settings import read_settings
logs.begin()
logging.getLogger("streamlit.web").addHandler(logging.StreamHandler())
logging.getLogger("streamlit.web").propagate = False
logs.set_up(read_settings())
logging.getLogger("nocturne").info("asked with %s", "canary-" + "7f3d91-key-of-the-log")
logging.getLogger("nocturne").debug("not written")
logging.getLogger("streamlit.web").error("of a server, with %s", "canary-" + "7f3d91-key-of-the-log")
warnings.warn("warned of " + "canary-" + "7f3d91-key-of-the-log")
"""


def said(tmp_path: Path, **settings: str) -> list[str]:
    environment = {
        "ASLEEP_API_KEY": "canary-7f3d91-key-of-the-log",
        "NOCTURNE_DATA_DIR": str(tmp_path),
        **settings,
    }
    found = subprocess.run(
        [sys.executable, "-c", LOGGING],
        cwd=ROOT,
        env=clean_environment(environment),
        capture_output=True,
        text=True,
        check=True,
    )
    assert not found.stdout
    assert "7f3d91" not in found.stderr
    return found.stderr.splitlines()


def test_a_process_writes_text_in_development_and_its_servers_write_through_it(tmp_path: Path) -> None:
    lines = said(tmp_path)
    assert lines[:2] == ["INFO nocturne: asked with [key]", "ERROR streamlit.web: of a server, with [key]"]
    assert len(lines) == 3
    assert lines[2].startswith("WARNING py.warnings: ")


@pytest.mark.parametrize(
    "settings", [{"NOCTURNE_LOG_FORMAT": "json"}, {"NOCTURNE_ENVIRONMENT": "production"}], ids=str
)
def test_a_process_writes_json_in_production_or_when_asked(tmp_path: Path, settings: dict[str, str]) -> None:
    lines = [json.loads(line) for line in said(tmp_path, **settings)]
    assert [line["logger"] for line in lines] == ["nocturne", "streamlit.web", "py.warnings"]


def test_whoever_has_a_log_of_their_own_keeps_it() -> None:
    before = list(logging.getLogger().handlers)
    assert before  # the run of this test has one
    logs.begin()
    assert logging.getLogger().handlers == before


def test_before_the_settings_are_read_the_keys_that_are_set_are_known() -> None:
    code = (
        "import logging; from nocturne import logs; logs.begin(); "
        "logging.warning('%s', 'a-first-key-1 b-second-key-2')"
    )
    keys = {"NOCTURNE_WEBHOOK_KEYS": "a-first-key-1, b-second-key-2"}
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **keys},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stderr == "WARNING root: [key] [key]\n"
