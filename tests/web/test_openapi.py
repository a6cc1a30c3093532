"""The description of the API, and the API held to it by requests that schemathesis makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from quotecheck.settings import Settings
from web.openapi import describe_api

if TYPE_CHECKING:
    from flask import Flask
    from schemathesis import Case

# The same requests in every run; another seed makes others.
SEED = 20261123
# What is sent to each address, beside the requests that follow from its description one by one.
N_EXAMPLES = 100


described = schemathesis.openapi.from_dict(
    describe_api(max_passage_chars=Settings().max_passage_chars),
    config=SchemathesisConfig(seed=SEED),
)


@described.parametrize()
@settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    # One application answers all the requests, as it does for people.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_api(case: Case, app: Flask) -> None:
    """Right requests are answered and wrong ones refused, each as the description says."""
    case.call_and_validate(app=app)
