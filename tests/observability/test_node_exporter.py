# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""node_exporter where the kernel shows no processor, as in a container or a chroot without /sys."""

import pytest

from support import installation, monitoring, programs

CRASH = (
    "panic: runtime error: index out of range [0] with length 0\n\ngoroutine 77 [running]:\n"
    "github.com/prometheus/node_exporter/collector.(*cpuCollector).updateOnline(0xc0000b4300, 0xc0002968c0)\n"
)


@pytest.fixture
def system(tmp_path):
    """Where sysfs is mounted."""
    (tmp_path / "sys" / "devices" / "system" / "cpu").mkdir(parents=True)
    return tmp_path / "sys"


def test_its_crash_is_told_from_others(system):
    assert "shows no processor" in monitoring.why_node_exporter_crashed(CRASH, system)
    assert monitoring.why_node_exporter_crashed(CRASH.replace("updateOnline", "updateStat"), system) is None
    assert monitoring.why_node_exporter_crashed(CRASH.replace("index", "slice bounds"), system) is None
    assert monitoring.why_node_exporter_crashed("no such option", system) is None
    (system / "devices" / "system" / "cpu" / "cpu0").mkdir()
    assert monitoring.why_node_exporter_crashed(CRASH, system) is None


def test_it_serves_or_crashes_as_is_known(system, tmp_path):
    address = f"127.0.0.1:{installation.free_port()}"
    command = ["prometheus-node-exporter", f"--path.sysfs={system}", f"--web.listen-address={address}"]
    try:
        with programs.Program(tmp_path / "node", command, f"http://{address}/metrics"):
            pass
    except programs.ProgramEnded as ended:
        assert monitoring.why_node_exporter_crashed(ended.said, system), ended
