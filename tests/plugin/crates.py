"""Judges crates by roc-validator without a network: crates.py CONTEXT.json PROFILE CRATE... prints a JSON line each.

The validator fetches the JSON-LD contexts that a crate names. Here the one of RO-Crate comes from a package (1.2, whose terms
include those of 1.1), and terms of workflow runs are taken as what they are named.
"""
import functools
import json
import sys
from types import SimpleNamespace

import rdflib.plugins.shared.jsonld.context as loading
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

RUNS = "https://w3id.org/ro/terms/workflow-run"
RUN_TERMS = ("ParameterConnection", "connection", "sourceParameter", "targetParameter", "environment", "containerImage", "ContainerImage", "registry", "tag",
             "sha1", "sha256", "resourceUsage", "buildInstructions", "engineConfiguration", "formattedValue", "exampleOfWork", "md5")


@functools.cache
def context(url):
    if url.startswith(RUNS):
        return {"@context": {term: f"{RUNS}#{term}" for term in RUN_TERMS}}
    if url.startswith("https://w3id.org/ro/crate/"):
        with open(sys.argv[1], encoding="utf-8") as file:
            return json.load(file)
    raise RuntimeError(f"a context that was not expected: {url}")


def answer(self, url, **more):
    return SimpleNamespace(status_code=200, headers={"Content-Type": "application/ld+json"}, json=lambda: context(url), text=json.dumps(context(url)), links={},
                           content=json.dumps(context(url)).encode(), url=url)


def verdict(crate, profile):
    settings = services.ValidationSettings(rocrate_uri=crate, profile_identifier=profile, requirement_severity=models.Severity.RECOMMENDED,
                                           skip_availability_check=True)
    found = {"REQUIRED": [], "RECOMMENDED": []}
    for issue in services.validate(settings).get_issues():
        found[issue.severity.name].append(f"{issue.check.identifier}: {issue.message}")
    return found


if __name__ == "__main__":
    HttpRequester.get = answer
    loading.source_to_json = lambda url, *more: (context(str(url)), None)
    for path in sys.argv[3:]:
        print(json.dumps(verdict(path, sys.argv[2])))
