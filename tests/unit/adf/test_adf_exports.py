"""Reading exports, mapping their linked services, and jobs that are commands."""

import json
import sys
import threading
from pathlib import Path

import pytest

from local.adf import ActivityRun, Runtime
from local.adf.errors import ActivityError
from local.adf.exports import CommandJobs, Export, map_linked_services, read_export
from local.errors import HighwaterError

WAIT = {"name": "Wait", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 1}}
ON_LAKE = {
    "name": "Look", "type": "GetMetadata",
    "typeProperties": {"dataset": {"referenceName": "Files", "type": "DatasetReference"}, "fieldList": ["exists"]},
}  # fmt: skip


def written(path: Path, document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def template(value: str, **parameters: dict) -> dict:
    return {
        "parameters": {"factoryName": {"type": "string"}, **parameters},
        "variables": {"zone": "[parameters('zone')]"},
        "resources": [
            {"type": "Microsoft.DataFactory/factories/pipelines", "name": "[concat(parameters('factoryName'), '/p')]",
             "properties": {"activities": [WAIT], "description": value}},
            {"type": "Microsoft.Storage/storageAccounts", "name": "other", "properties": {}},
        ],
    }  # fmt: skip


class TestReading:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("[parameters('zone')]", "bronze"),
            ("[Parameters('ZONE')]", "bronze"),
            ("[variables('zone')]", "bronze"),
            ("[concat(parameters('zone'), '/it''s')]", "bronze/it's"),
            ("[concat('a, (b)', variables('zone'))]", "a, (b)bronze"),
            ("[[1, 2]", "[1, 2]"),
            ("@concat('[', 'x', ']')", "@concat('[', 'x', ']')"),
        ],
    )
    def test_expressions_of_a_template(self, tmp_path, value, expected):
        path = written(tmp_path / "t.json", template(value, zone={"defaultValue": "bronze"}))
        export = read_export(path)
        assert list(export.pipelines) == ["p"]
        assert export.pipelines["p"]["properties"]["description"] == expected

    def test_a_parameters_file_beside_the_template_counts(self, tmp_path):
        written(
            tmp_path / "ARMTemplateForFactory.json",
            template("[parameters('zone')]", zone={"defaultValue": "x"}),
        )
        written(
            tmp_path / "ARMTemplateParametersForFactory.json", {"parameters": {"zone": {"value": "silver"}}}
        )
        assert read_export(tmp_path).pipelines["p"]["properties"]["description"] == "silver"

    @pytest.mark.parametrize("value", ["[parameters('zone')]", "[resourceGroup().location]"])
    def test_what_has_no_value_here_is_named(self, tmp_path, value):
        with pytest.raises(HighwaterError, match="which has no value") as refused:
            read_export(written(tmp_path / "t.json", template(value, zone={"type": "string"})))
        assert value.strip("[]") in str(refused.value)

    def test_one_file_of_a_git_folder_brings_the_folder(self, tmp_path):
        written(tmp_path / "pipeline/a.json", {"name": "a", "properties": {"activities": [WAIT]}})
        written(tmp_path / "pipeline/b.json", {"name": "b", "properties": {"activities": [WAIT]}})
        written(tmp_path / "dataset/d.json", {"name": "d", "properties": {"type": "Parquet"}})
        export = read_export(tmp_path / "pipeline/a.json")
        assert (sorted(export.pipelines), list(export.datasets), export.main(None)) == (
            ["a", "b"],
            ["d"],
            "a",
        )

    @pytest.mark.parametrize(
        ("document", "words"),
        [("{", "is not JSON"), ("[]", "no JSON object"), ({"name": "x"}, "neither activities nor resources")],
    )
    def test_what_is_no_export_is_refused(self, tmp_path, document, words):
        with pytest.raises(HighwaterError, match=words):
            read_export(written(tmp_path / "x.json", document))

    def test_neither_is_what_is_not_there(self, tmp_path):
        with pytest.raises(HighwaterError, match="can't be read"):
            read_export(tmp_path / "none.json")
        with pytest.raises(HighwaterError, match="is no factory"):
            read_export(tmp_path)

    def test_the_pipeline_that_no_other_executes_is_the_one(self):
        call = {"name": "Call", "type": "ExecutePipeline",
                "typeProperties": {"pipeline": {"referenceName": "b", "type": "PipelineReference"}}}  # fmt: skip
        export = Export(pipelines={"b": {"activities": [WAIT]}, "a": {"activities": [call]}})
        assert export.main(None) == "a" and export.main("b") == "b"
        export.pipelines["c"] = {"activities": [WAIT]}
        with pytest.raises(HighwaterError, match="Name one: --pipeline"):
            export.main(None)
        with pytest.raises(HighwaterError, match="no pipeline x"):
            export.main("x")


class TestMapping:
    EXPORT = Export(
        pipelines={"p": {"activities": [ON_LAKE]}},
        datasets={
            "Files": {
                "properties": {
                    "type": "Binary",
                    "linkedServiceName": {"referenceName": "Blobs", "type": "LinkedServiceReference"},
                    "typeProperties": {"location": {"type": "AzureBlobStorageLocation", "container": "in"}},
                }
            },
            "Unused": {"properties": {"linkedServiceName": {"referenceName": "Other"}}},
        },
        linked_services={"Blobs": {"properties": {"type": "AzureBlobStorage"}}},
    )

    def mapped(self, tmp_path: Path, text: str):
        return map_linked_services(self.EXPORT, "p", written(tmp_path / "linked.yaml", text))

    def test_a_blob_container_is_a_folder_in_the_folder(self, tmp_path):
        (tmp_path / "lake/in").mkdir(parents=True)
        factory = self.mapped(tmp_path, "Blobs: {folder: lake}").factory
        run = Runtime(factory, tmp_path / "runs").run("p")
        assert run.activity("Look").output == {"exists": True}

    def test_only_what_the_pipeline_uses_has_to_be_mapped(self, tmp_path):
        with pytest.raises(HighwaterError) as refused:
            map_linked_services(self.EXPORT, "p", None)
        assert "Blobs (AzureBlobStorage)" in refused.value.why and "Other" not in str(refused.value)
        assert "Blobs: {folder: PATH}" in refused.value.next_step

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Blobs: {folder: nowhere}", "there is no folder"),
            ("Blobs: {folder: '${NOT_SET_ANYWHERE}'}", "NOT_SET_ANYWHERE is not set"),
            ("Blobs: {cloud: x}", "Write one of postgresql, folder, jobs"),
            ("Blobs: lake", "found 'lake'"),
            ("Blobs: {postgresql: {databse: x}}", "postgresql takes"),
            ("Blobs: {postgresql: {database: x, password_env: NOT_SET_ANYWHERE}}", "NOT_SET_ANYWHERE"),
            ("Blobs: {jobs: 3}", "a command a job id"),
            ("Blobs: {", "is not YAML"),
            ("- Blobs", "maps no linked services"),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path, text, words):
        with pytest.raises(HighwaterError, match=words):
            self.mapped(tmp_path, text)

    def test_a_password_comes_from_the_environment(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SALES_PASSWORD", "hunter2")
        text = "Blobs: {postgresql: {host: localhost, database: x, user: me, password_env: SALES_PASSWORD}}"
        service = self.mapped(tmp_path, text).factory.linked_service("Blobs")
        assert service.properties["password"] == {"type": "SecureString", "value": "hunter2"}
        assert (service.type, service.properties["username"]) == ("AzurePostgreSql", "me")


class TestJobs:
    PROGRAM = (
        "import sys, time; print(sys.argv[1:]); time.sleep(float(sys.argv[1])); sys.exit(int(sys.argv[2]))"
    )

    def activity(self, tmp_path: Path, *arguments: str, **policy: object) -> ActivityRun:
        job = {
            "name": "Job", "type": "DatabricksJob", "policy": policy,
            "linkedServiceName": {"referenceName": "Workspace", "type": "LinkedServiceReference"},
            "typeProperties": {"jobId": "7", "jobParameters": {"run": "@pipeline().Pipeline"}},
        }  # fmt: skip
        export = Export(pipelines={"p": {"activities": [job]}})
        command = [sys.executable, "-c", self.PROGRAM, *arguments]
        text = f"Workspace: {{jobs: {{'7': {json.dumps(command)}}}}}"
        mapped = map_linked_services(export, "p", written(tmp_path / "linked.yaml", text))
        return Runtime(mapped.factory, tmp_path / "runs", mapped.jobs).run("p").activity("Job")

    def test_a_command_gets_the_parameters_of_the_job(self, tmp_path):
        ended = self.activity(tmp_path, "0", "0")
        assert ended.status == "Succeeded" and ended.output["runPageUrl"].startswith("process:")

    def test_one_that_fails_fails_the_activity_with_what_it_said(self, tmp_path):
        ended = self.activity(tmp_path, "0", "3")
        assert ended.status == "Failed" and "--run=p" in ended.error["message"]

    def test_one_that_takes_too_long_is_ended(self, tmp_path):
        ended = self.activity(tmp_path, "60", "0", timeout="00:00:02")
        assert ended.status == "Failed" and ended.error["errorCode"] == "Timeout" and ended.seconds < 30

    def test_a_job_without_a_command_is_named(self):
        with pytest.raises(ActivityError, match="No command is given for the job 8; there is one for: 7"):
            CommandJobs({"7": "true"}).run("8", {}, print, timeout=None, cancel=threading.Event())

    def test_a_command_that_is_not_there(self):
        with pytest.raises(ActivityError, match="can't be started"):
            CommandJobs({"7": "no-such-command-here"}).run(
                "7", {}, print, timeout=None, cancel=threading.Event()
            )
