"""Where the service is and the key it knows us by: the two things that must never go astray."""

import ipaddress
import re
from urllib.parse import urlsplit

import requests
import requests.auth


class ApiKey(requests.auth.AuthBase):
    """The key on its way into a request's header; nowhere else, and in no repr.

    Raises:
        ValueError: it is empty or holds what no header can carry; the message does not show it.
    """

    def __init__(self, text: str) -> None:
        usable = re.fullmatch(r"[!-~]+", text) is not None
        self._text = text
        del text  # a report of the error below with local variables must not show it
        if not usable:
            raise ValueError(
                "The API key is empty or holds a space, a line break or a character outside ASCII. "
                "Copy it again from the vendor's dashboard into ASLEEP_API_KEY."
            )

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The same request, with the key in its header; `requests` calls this on the way out."""
        request.headers["x-api-key"] = self._text
        return request

    def scrubbed(self, text: str) -> str:
        """The text without the key, should a service have echoed it."""
        return text.replace(self._text, "[key]")


def service_address(base_url: str) -> str:
    """The base address without a closing slash.

    Raises:
        ValueError: it is not https (http for a loopback address only), or carries credentials, a query or a
        fragment.
            The message does not repeat it, because it may hold a secret.
    """
    problem = _address_problem(base_url)
    if problem:
        raise ValueError(
            f"The base address {problem}. Write it like https://api.asleep.ai, "
            "or http://127.0.0.1:PORT for a service on this machine."
        )
    return base_url.rstrip("/")


def _address_problem(base_url: str) -> str:
    if not re.fullmatch(r"[!-~]+", base_url) or "\\" in base_url:
        return "is empty or holds a space, a backslash or a character outside ASCII"
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "has no readable host and port"
    checks = {
        "does not begin with https:// (or http:// on this machine)": parts.scheme not in {"https", "http"},
        "names no host": not host,
        "carries a user name or password; the key is given apart": "@" in parts.netloc,
        "carries a query or a fragment": "?" in base_url or "#" in base_url,
        "uses http to another machine, which would show the key on the way": (
            parts.scheme == "http" and not _is_loopback(host)
        ),
    }
    return next((problem for problem, found in checks.items() if found), "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
