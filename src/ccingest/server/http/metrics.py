"""What Prometheus may ask of a server, at /metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ccingest import __version__
from ccingest.models import STATUSES, ProjectStatistics

# Seconds: from a warm question among few chunks to the longest that a client waits for.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """Counts of one server. Each has its own registry, so that tests may run several."""

    def __init__(
        self,
        subscribers: Callable[[], int],
        dropped: Callable[[], int],
        statistics: Callable[[], Iterable[ProjectStatistics]],
    ) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "ccingest_http_requests",
            "Requests that were answered.",
            ("method", "path", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "ccingest_http_request_duration_seconds",
            "From the request to the end of its answer, streams left out.",
            ("method", "path"),
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self.refused = Counter(
            "ccingest_http_refused_requests",
            "Requests that were refused before they were read.",
            ("reason",),
            registry=self._registry,
        )
        self.questions = Counter(
            "ccingest_questions",
            "Questions that were answered: searched for, or kept from before.",
            ("answer",),
            registry=self._registry,
        )
        self.webhooks = Counter(
            "ccingest_webhook_deliveries",
            "Signed deliveries, by what became of them.",
            ("outcome",),
            registry=self._registry,
        )
        self._registry.register(_Home(subscribers, dropped, statistics))

    def text(self) -> bytes:
        """All metrics in the text format. Reads the database, so it may block."""
        return generate_latest(self._registry)


class _Home(Collector):
    """What is read when it is asked for: jobs, datasets and subscribers."""

    def __init__(
        self,
        subscribers: Callable[[], int],
        dropped: Callable[[], int],
        statistics: Callable[[], Iterable[ProjectStatistics]],
    ) -> None:
        self._subscribers = subscribers
        self._dropped = dropped
        self._statistics = statistics

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering it does not read the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "ccingest_subscribers", "Clients that get events.", self._subscribers()
        )
        yield GaugeMetricFamily(
            "ccingest_dropped_subscribers", "Clients that did not keep up.", self._dropped()
        )
        build = GaugeMetricFamily("ccingest_build", "The version.", labels=("version",))
        build.add_metric((__version__,), 1)
        yield build
        found = list(self._statistics())
        jobs = GaugeMetricFamily("ccingest_jobs", "Jobs in the history.", labels=("status",))
        for status in STATUSES:
            jobs.add_metric((status,), sum(one.jobs.get(status, 0) for one in found))
        yield jobs
        for name, text, count in (
            ("datasets", "Published datasets.", sum(one.datasets for one in found)),
            ("chunks", "Chunks of all published datasets.", sum(one.chunks for one in found)),
        ):
            yield GaugeMetricFamily(f"ccingest_{name}", text, count)
