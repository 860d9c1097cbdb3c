# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The tests of Prometheus are skipped only after the known crash of node_exporter, where the kernel shows no processor,
as in a container or a chroot without /sys."""

from support import monitoring

CRASH = (
    "panic: runtime error: index out of range [0] with length 0\n\ngoroutine 77 [running]:\n"
    "github.com/prometheus/node_exporter/collector.(*cpuCollector).updateOnline(0xc0000b4300, 0xc0002968c0)\n"
)


def test_other_crashes_are_failures(tmp_path):
    processors = tmp_path / "devices" / "system" / "cpu"
    processors.mkdir(parents=True)
    assert "shows no processor" in monitoring.why_node_exporter_crashed(CRASH, tmp_path)
    for output in (CRASH.replace("updateOnline", "updateStat"), CRASH.replace("index", "slice bounds"), "no such option"):
        assert monitoring.why_node_exporter_crashed(output, tmp_path) is None
    (processors / "cpu0").mkdir()
    assert monitoring.why_node_exporter_crashed(CRASH, tmp_path) is None
