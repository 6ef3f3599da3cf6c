// A unit as a process on a PC: the portable core on POSIX sockets, with made-up sensors.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <memory>

#include "core/firmware_version.h"
#include "core/wipe.h"
#include "host/command_log.h"
#include "host/log.h"
#include "host/options.h"
#include "host/server.h"
#include "host/system_security.h"
#include "host/virtual_board.h"
#include "host/virtual_lamp.h"
#include "host/virtual_light.h"
#include "units/lamp_unit.h"
#include "units/light_sensor_unit.h"

namespace signalbox::host {
namespace {

constexpr int kExitCannotListen = 2;
constexpr int kExitUsage = 64;  // sysexits.h: EX_USAGE

volatile sig_atomic_t stop_wanted = 0;

void want_stop(int) { stop_wanted = 1; }

uint64_t monotonic_ms() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 +
         static_cast<uint64_t>(now.tv_nsec) / 1000000;
}

// A board counts from its boot; a process from its start.
uint64_t uptime_ms() {
  static const uint64_t started_ms = monotonic_ms();
  return monotonic_ms() - started_ms;
}

int64_t system_epoch_ms() {
  timeval now;
  gettimeofday(&now, nullptr);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_usec / 1000;
}

uint32_t new_boot_id() {
  uint32_t id = 0;
  if (getrandom(&id, sizeof id, 0) != sizeof id) id = static_cast<uint32_t>(getpid());
  return id;
}

// Starts this program anew, on the port it had. Returns only when that failed.
void reexec(const char* program, const Options& options, uint16_t port) {
  std::vector<std::string> arguments = {
      program,
      "--unit",
      options.unit,
      "--id",
      options.id,
      "--bind",
      options.bind,
      "--port",
      std::to_string(port),
      "--seed",
      std::to_string(options.seed),
      "--illuminance-period-ms",
      std::to_string(options.illuminance_period_ms),
      "--reset-reason",
      std::to_string(static_cast<int>(ResetReason::kSoftware))};
  if (!options.name.empty()) {
    arguments.insert(arguments.end(), {"--name", options.name});
  }
  if (options.plain) {
    arguments.push_back("--plain");
  } else {
    arguments.insert(arguments.end(), {"--key-file", options.key_file});
  }
  if (!options.state_file.empty()) {
    arguments.insert(arguments.end(), {"--state-file", options.state_file});
  }
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(&argument[0]);
  pointers.push_back(nullptr);
  execv("/proc/self/exe", pointers.data());
  log_line("restart failed: %s", strerror(errno));
}

// The ports and the unit that uses them, in order of construction.
struct Board {
  Board(const Options& options, const UnitIdentity& identity,
        const LinkProtection& protection)
      : network(options.id, options.bind, options.seed),
        pins(options.seed),
        light(options.seed),
        lamp(options.state_file) {
    const BoardPorts ports = {network, memory, pins, uart};
    if (options.unit == "lamp") {
      lamp_unit =
          std::make_unique<LampUnit>(identity, ports, lamp, lamp.load(), protection);
    } else {
      light_unit = std::make_unique<LightSensorUnit>(
          identity, ports, light, options.illuminance_period_ms, protection);
    }
    services().clock.set(system_epoch_ms(), uptime_ms());
    unit().observe(command_log);
  }

  Unit& unit() { return lamp_unit ? lamp_unit->unit : light_unit->unit; }
  BoardServices& services() { return lamp_unit ? lamp_unit->board : light_unit->board; }

  VirtualNetwork network;
  VirtualMemory memory;
  VirtualPins pins;
  LoopbackUart uart;
  VirtualLight light;
  VirtualLamp lamp;
  CommandLog command_log;
  std::unique_ptr<LampUnit> lamp_unit;
  std::unique_ptr<LightSensorUnit> light_unit;
};

int run(const char* program, const Options& options) {
  Server server;
  const std::string trouble = server.listen(options.bind, options.port);
  if (!trouble.empty()) {
    fprintf(stderr, "%s\n", trouble.c_str());
    return kExitCannotListen;
  }
  const bool is_lamp = options.unit == "lamp";
  const UnitIdentity identity = {
      options.id.c_str(),   is_lamp ? LampUnit::kModel : LightSensorUnit::kModel,
      kFirmwareVersion,     new_boot_id(),
      options.reset_reason, is_lamp ? LampUnit::kPolicy : LightSensorUnit::kPolicy};
  SystemSecurity security;
  uint8_t key[kKeyBytes];
  if (!options.plain) {
    const std::string no_key = read_key_file(options.key_file, key);
    if (!no_key.empty()) {
      fprintf(stderr, "%s\n", no_key.c_str());
      return kExitUsage;
    }
  }
  Board board(
      options, identity,
      options.plain ? LinkProtection::plain() : LinkProtection::encrypted(key, security));

  struct sigaction action = {};
  action.sa_handler = want_stop;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);

  printf("listening %s:%u unit=%s id=%s boot=%08x\n", options.bind.c_str(), server.port(),
         options.unit.c_str(), options.id.c_str(), identity.boot_id);
  fflush(stdout);
  log_line("unit %s ready, %s%s%s", options.id.c_str(),
           options.plain ? "unencrypted" : "encrypted",
           options.name.empty() ? "" : " name=", options.name.c_str());

  while (!stop_wanted && !board.unit().ready_to_restart()) {
    server.turn(board.unit(), uptime_ms);
  }
  if (!board.unit().ready_to_restart()) board.unit().shut_down();
  server.close(uptime_ms);
  wipe(key, sizeof key);
  if (stop_wanted || !options.reexec) {
    log_line("unit %s stopped", options.id.c_str());
    return 0;
  }
  log_line("unit %s restarts", options.id.c_str());
  reexec(program, options, server.port());
  return 1;
}

}  // namespace
}  // namespace signalbox::host

int main(int argc, char** argv) {
  using namespace signalbox::host;
  Options options;
  const std::string trouble =
      parse_options(std::vector<std::string>(argv + 1, argv + argc), options);
  if (!trouble.empty()) {
    fprintf(stderr, "%s\n%s", trouble.c_str(), kUsage);
    return kExitUsage;
  }
  return run(argv[0], options);
}
