"""The pack as the official CLI starts it: a process of its own, asked over Pulumi's analyzer protocol."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policy.rules import RULES

pytest.importorskip("pulumi_policy", reason="the pack's own dependency: policy/requirements.txt")
PACK = Path(__file__).resolve().parents[3] / "policy"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # Pulumi's mark of a value that a preview doesn't know


@pytest.fixture(scope="module")
def analyzer() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PACK)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PACK) as process:
        try:
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel)
        finally:
            process.terminate()


def properties(inputs: dict) -> struct_pb2.Struct:
    return json_format.ParseDict(inputs, struct_pb2.Struct())


def request(resource: dict) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(
        type=resource["type"], properties=properties(resource["inputs"]), urn=resource["urn"],
        name=resource["urn"].rpartition("::")[2],
    )  # fmt: skip


def in_stack(resource: dict) -> analyzer_pb2.AnalyzerResource:
    made_from = resource["options"].get("propertyDependencies", {})
    return analyzer_pb2.AnalyzerResource(
        type=resource["type"], properties=properties(resource["inputs"]), urn=resource["urn"],
        name=resource["urn"].rpartition("::")[2],
        propertyDependencies={
            name: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns) for name, urns in made_from.items()
        },
    )  # fmt: skip


def test_it_has_every_rule_and_each_of_them_stops_a_deployment(analyzer):
    info = analyzer.GetAnalyzerInfo(empty_pb2.Empty())
    assert info.name == "highwater"
    assert {found.name: found.description for found in info.policies} == {
        r.name: r.description for r in RULES
    }
    assert {found.enforcementLevel for found in info.policies} == {analyzer_pb2.MANDATORY}


def test_what_is_declared_passes_one_by_one_and_as_a_stack(analyzer, estate: Callable):
    azure = [r for r in estate("prod") if r["type"].startswith("azure-native:")]
    assert len(azure) > 30
    said = [d.message for r in azure for d in analyzer.Analyze(request(r)).diagnostics]
    assert said == []
    whole = analyzer_pb2.AnalyzeStackRequest(resources=[in_stack(r) for r in azure])
    assert [d.message for d in analyzer.AnalyzeStack(whole).diagnostics] == []


def test_a_shared_key_is_refused_by_name(analyzer, estate: Callable):
    lake = next(r for r in estate("dev") if r["type"] == "azure-native:storage:StorageAccount")
    lake["inputs"]["allowSharedKeyAccess"] = True
    (said,) = analyzer.Analyze(request(lake)).diagnostics
    assert (said.policyName, said.enforcementLevel) == ("no-shared-keys", analyzer_pb2.MANDATORY)
    assert said.message.endswith("allowSharedKeyAccess must be False, found True")


def test_a_missing_diagnostic_setting_is_told_of_its_resource(analyzer, estate: Callable):
    factory = next(r for r in estate("dev") if r["type"] == "azure-native:datafactory:Factory")
    others = [r for r in estate("dev") if r["type"] == "azure-native:monitor:DiagnosticSetting"]
    kept = [r for r in others if r["options"]["propertyDependencies"]["resourceUri"] != [factory["urn"]]]
    assert len(kept) == len(others) - 1
    asked = analyzer_pb2.AnalyzeStackRequest(resources=[in_stack(r) for r in (factory, *kept)])
    (said,) = analyzer.AnalyzeStack(asked).diagnostics
    assert (said.policyName, said.urn) == ("diagnostics", factory["urn"])


def test_what_a_preview_does_not_know_is_no_breach(analyzer, estate: Callable):
    service = next(r for r in estate("dev") if r["inputs"].get("resourceType") == "linkedservices")
    service["inputs"]["properties"]["typeProperties"]["server"] = UNKNOWN
    said = analyzer.Analyze(request(service)).diagnostics
    assert {(d.policyName, d.enforcementLevel) for d in said} == {
        ("no-secret-literals", analyzer_pb2.ADVISORY)
    }
    service["inputs"]["properties"]["typeProperties"]["sslMode"] = 2
    again = analyzer.Analyze(request(service)).diagnostics
    assert ("ssl-mode", analyzer_pb2.MANDATORY) in {(d.policyName, d.enforcementLevel) for d in again}


def test_the_pack_needs_what_its_own_file_names_and_nothing_of_the_program():
    described = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())
    assert described["runtime"]["name"] == "python"
    code = (
        f"import sys; sys.path.insert(0, {str(PACK)!r})\n"
        "import rules, adapter\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'infra', 'local', 'contracts', 'policy'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/", check=True)
    assert done.stdout.strip() == "[]"
