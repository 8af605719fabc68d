// SPDX-License-Identifier: Apache-2.0
#include "vcp/agent/machine.hpp"

#include <gtest/gtest.h>

#include "agent/temporary_directory.hpp"

namespace vcp::agent {
namespace {

using std::chrono::seconds;

class MachineTest : public ::testing::Test {
 protected:
  Machine machine() const { return Machine(root_.path()); }

  testing::TemporaryDirectory root_;
  std::chrono::steady_clock::time_point now_{};
};

TEST_F(MachineTest, AMachineThatTellsNothingIsMeasuredAsNothing) {
  Sample sample = machine().sample(now_);
  EXPECT_FALSE(sample.cpu_percent || sample.memory_percent || sample.temperature_c ||
               sample.power_watts);
  EXPECT_GE(machine().cores(), 1U);
}

TEST_F(MachineTest, CpuIsMeasuredBetweenTwoLooks) {
  Machine machine = this->machine();
  root_.write("proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\n");
  EXPECT_FALSE(machine.sample(now_).cpu_percent);
  root_.write("proc/stat", "cpu  150 0 100 850 0 0 0 0 0 0\n");
  EXPECT_DOUBLE_EQ(*machine.sample(now_).cpu_percent, 50);
}

TEST_F(MachineTest, WaitingForTheDiskIsIdle) {
  Machine machine = this->machine();
  root_.write("proc/stat", "cpu  0 0 0 0 0 0 0 0\n");
  static_cast<void>(machine.sample(now_));
  root_.write("proc/stat", "cpu  25 0 0 25 50 0 0 0\n");
  EXPECT_DOUBLE_EQ(*machine.sample(now_).cpu_percent, 25);
}

TEST_F(MachineTest, MemoryIsTheMachinesWithoutACgroup) {
  root_.write("proc/meminfo", "MemTotal:  8388608 kB\nMemFree: 1 kB\nMemAvailable:  2097152 kB\n");
  EXPECT_EQ(machine().memory_mb(), 8192U);
  EXPECT_DOUBLE_EQ(*machine().sample(now_).memory_percent, 75);
}

TEST_F(MachineTest, MemoryIsBoundedByAnyCgroupAbove) {
  root_.write("proc/meminfo", "MemTotal:  8388608 kB\nMemAvailable:  2097152 kB\n");
  root_.write("proc/self/cgroup", "0::/outer/inner\n");
  root_.write("sys/fs/cgroup/outer/memory.max", "1073741824\n");
  root_.write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
  root_.write("sys/fs/cgroup/outer/inner/memory.current", "536870912\n");
  EXPECT_EQ(machine().memory_mb(), 1024U);
  EXPECT_DOUBLE_EQ(*machine().sample(now_).memory_percent, 50);
}

TEST_F(MachineTest, MemoryIsBoundedByACgroupOfVersionOne) {
  root_.write("proc/meminfo", "MemTotal:  8388608 kB\nMemAvailable:  2097152 kB\n");
  root_.write("proc/self/cgroup", "4:memory:/box\n");
  root_.write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "2147483648\n");
  EXPECT_EQ(machine().memory_mb(), 2048U);
}

TEST_F(MachineTest, CoresAreBoundedByTheQuotaRoundedUp) {
  root_.write("proc/self/cgroup", "0::/box\n");
  root_.write("sys/fs/cgroup/box/cpu.max", "50000 100000\n");
  EXPECT_EQ(machine().cores(), 1U);
}

TEST_F(MachineTest, TheHottestPlausibleSensorCounts) {
  root_.write("sys/class/thermal/thermal_zone0/temp", "41000\n");
  root_.write("sys/class/hwmon/hwmon0/temp1_input", "62500\n");
  root_.write("sys/class/hwmon/hwmon0/temp2_input", "255000\n");
  EXPECT_DOUBLE_EQ(*machine().sample(now_).temperature_c, 62.5);
}

TEST_F(MachineTest, PowerIsTheEnergyOfThePackagesOverTime) {
  Machine machine = this->machine();
  root_.write("sys/class/powercap/intel-rapl:0/energy_uj", "1000000\n");
  root_.write("sys/class/powercap/intel-rapl:0:0/energy_uj", "77\n");
  EXPECT_FALSE(machine.sample(now_).power_watts);
  root_.write("sys/class/powercap/intel-rapl:0/energy_uj", "41000000\n");
  EXPECT_DOUBLE_EQ(*machine.sample(now_ + seconds(2)).power_watts, 20);
}

TEST_F(MachineTest, AnEnergyCounterThatStartsAnewIsNotPower) {
  Machine machine = this->machine();
  root_.write("sys/class/powercap/intel-rapl:0/energy_uj", "41000000\n");
  static_cast<void>(machine.sample(now_));
  root_.write("sys/class/powercap/intel-rapl:0/energy_uj", "5\n");
  EXPECT_FALSE(machine.sample(now_ + seconds(2)).power_watts);
}

TEST_F(MachineTest, AMachineWithoutASupplyIsOnMains) { EXPECT_TRUE(machine().on_mains()); }

TEST_F(MachineTest, ABatteryWithoutAPluggedSupplyIsNotMains) {
  root_.write("sys/class/power_supply/BAT0/type", "Battery\n");
  root_.write("sys/class/power_supply/AC/type", "Mains\n");
  root_.write("sys/class/power_supply/AC/online", "0\n");
  EXPECT_FALSE(machine().on_mains());
  root_.write("sys/class/power_supply/AC/online", "1\n");
  EXPECT_TRUE(machine().on_mains());
}

TEST_F(MachineTest, TheBatteryOfAMouseSaysNothing) {
  root_.write("sys/class/power_supply/mouse/type", "Battery\n");
  root_.write("sys/class/power_supply/mouse/scope", "Device\n");
  EXPECT_TRUE(machine().on_mains());
}

}  // namespace
}  // namespace vcp::agent
