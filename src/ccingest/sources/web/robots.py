"""What robots.txt allows (RFC 9309), and what it asks for."""

from __future__ import annotations

from dataclasses import dataclass

from protego import Protego

from ccingest.sources.web.addresses import normal
from ccingest.sources.web.fetching import USER_AGENT, Fetcher, FetchError, LeavesSiteError

_MOST_BYTES = 512 * 1024  # what RFC 9309 asks a crawler to read at least
_MOST_RULES = 5000  # lines; each address is matched with each rule
_MOST_SITEMAPS = 50
_DAY = 86_400  # seconds; the numbers of a host may be too large for a float
_NAME = USER_AGENT.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of a host. None of it forbids anything."""

    rules: Protego
    sitemaps: tuple[str, ...] = ()
    delay: float = 0.0  # seconds between two requests

    def allows(self, address: str) -> bool:
        return bool(self.rules.can_fetch(address, _NAME))


def read_robots(fetcher: Fetcher, origin: str) -> Robots:
    """The robots.txt of a host. Raises FetchError when it can't be read now.

    A host without one allows everything. One that can't be read allows nothing, until it can. Of one
    that is too long, the first rules count.
    """
    try:
        answer = fetcher.get(
            f"{origin}/robots.txt", origin=origin, types=None, most=_MOST_BYTES, is_cut=True
        )
    except LeavesSiteError:
        return Robots(Protego.parse(""))
    except FetchError as error:
        if error.status and not error.can_pass:  # such as HTTP 404
            return Robots(Protego.parse(""))
        raise
    if answer.content_type == "text/html":  # a page that says that there is none
        return Robots(Protego.parse(""))
    text = answer.text.replace("\x00", "")
    rules = Protego.parse("\n".join(text.splitlines()[:_MOST_RULES]))
    delay = rules.crawl_delay(_NAME) or 0.0
    rate = rules.request_rate(_NAME)
    if rate and rate.requests:
        delay = max(delay, min(rate.seconds, _DAY) / rate.requests)
    sitemaps = [found for one in rules.sitemaps if (found := normal(one, origin))]
    return Robots(rules, tuple(sitemaps[:_MOST_SITEMAPS]), max(0.0, delay))
