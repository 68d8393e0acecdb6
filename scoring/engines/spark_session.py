"""The Spark session of a step: what it needs, how it is set, and that it ends with the step."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from scoring.errors import ConfigurationError, PermanentError, TransientError
from scoring.recording import startup
from scoring.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MINIMUM_JAVA = 17
_LOGGING = Path(__file__).with_name("log4j2.properties")
_MEBIBYTES = {"MB": 1, "MiB": 1, "GB": 1000, "GiB": 1024}


@contextmanager
def open_spark(settings: Settings) -> Iterator[SparkSession]:
    """The session that is open in this process, or a new one that is stopped at the end.

    Raises:
        ConfigurationError: PySpark, dbt-spark or Java is missing, or Java is too old.
        TransientError: Java went away.
        PermanentError: Spark refused what it was asked inside the block.
    """
    check_requirements()
    with warnings.catch_warnings():
        # Nothing here goes through pandas.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        session, is_own = _start(settings)
        try:
            with _told_plainly():
                yield session
        finally:
            if is_own:
                _end(session)


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Spark's own errors as ours: their text quotes plans and paths, and may quote values."""
    from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        yield
    except ConnectionError as error:
        raise TransientError(
            "Spark failed",
            subject="its session",
            expected="a running Java",
            got=type(error).__name__,
            next_step="See what ended it (memory?) and run the same command again.",
        ) from error
    except (PySparkException, Py4JError) as error:
        raise PermanentError(
            "Spark failed",
            subject="its session",
            expected="the step's work to be done",
            got=getattr(error, "getCondition", lambda: None)() or type(error).__name__,
            next_step="The cause stands above; what is published is untouched.",
        ) from error


def _start(settings: Settings) -> tuple[SparkSession, bool]:
    """The session, and whether it was started here."""
    with startup():
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra, and slow to import

        session = SparkSession.getActiveSession()
        if session is not None:
            return session, False
        # Workers are started with the interpreter that runs this, not with "python3".
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.Builder()
        for name, value in spark_config(settings).items():
            builder = builder.config(name, value)
        return builder.getOrCreate(), True


def _end(session: SparkSession) -> None:
    """Stop the session and its Java, whose memory the next step may need.

    The thread that tidies up Java objects is waited for: still there at exit, it would keep
    DuckDB's module alive, which says so on the terminal.
    """
    from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra
    from pyspark import SparkContext  # noqa: PLC0415

    # A Java that went away cannot be stopped any more; what it was asked for has failed already.
    with suppress(OSError, Py4JError):
        session.stop()
    gateway = SparkContext._gateway  # PySpark has no other way to end the Java it started
    SparkContext._gateway = SparkContext._jvm = None
    with suppress(OSError, Py4JError):
        gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
    for thread in threading.enumerate():
        if type(thread).__name__ == "FinalizerWorker":
            thread.join(timeout=5)


def spark_config(settings: Settings) -> dict[str, str]:
    """Every Spark setting that differs from its default."""
    threads = settings.threads or os.cpu_count() or 1
    number, unit = re.fullmatch(r"([\d.]+)([A-Za-z]+)", settings.memory_limit).groups()  # type: ignore[union-attr]
    return {
        "spark.app.name": "creditloop",
        "spark.master": settings.spark_master or f"local[{threads}]",
        "spark.driver.memory": f"{int(float(number) * _MEBIBYTES[unit])}m",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}",
        "spark.local.dir": str(settings.temp / "spark"),
        "spark.sql.warehouse.dir": f"file:{settings.spark / 'tables'}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Small nights are many small queries; adaptive execution splits what grows large.
        "spark.sql.shuffle.partitions": str(2 * threads),
        "spark.sql.adaptive.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        # A value that does not fit is an error, as in DuckDB, never empty or rounded.
        "spark.sql.ansi.enabled": "true",
        "spark.sql.decimalOperations.allowPrecisionLoss": "false",
        # Raw timestamps are UTC without a zone.
        "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    }


def check_requirements() -> None:
    """Refuse to start without the extra ``[spark]`` and Java.

    Raises:
        ConfigurationError: Naming what is missing.
    """
    missing = [name for name in ("pyspark", "dbt.adapters.spark") if find_spec(name) is None]
    if missing:
        raise _refuse(f"no module {missing[0]}")
    java = _find_java()
    if java is None:
        raise _refuse("no java in JAVA_HOME or on the PATH")
    version = _java_version(java)
    if version < MINIMUM_JAVA:
        raise _refuse(f"Java {version}")


def _refuse(got: str) -> ConfigurationError:
    return ConfigurationError(
        "engine refused",
        subject="CREDITLOOP_ENGINE=spark",
        expected=f"the extra [spark] and Java {MINIMUM_JAVA} or later",
        got=got,
        next_step=f"Install creditloop[spark] and Java {MINIMUM_JAVA}, or set "
        "CREDITLOOP_ENGINE=duckdb.",
    )


def _find_java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")


def _java_version(java: str) -> int:
    """The major version, 0 if it does not say one: 8 calls itself 1.8."""
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603 - the java that Spark would start
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found.group(1)) if found else 0
