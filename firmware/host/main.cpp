// A unit as a process on a PC: the portable core on POSIX sockets, with made-up sensors.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <memory>

#include "core/firmware_version.h"
#include "core/wipe.h"
#include "host/boot_loader.h"
#include "host/command_log.h"
#include "host/firmware_updates.h"
#include "host/log.h"
#include "host/options.h"
#include "host/provisioning.h"
#include "host/server.h"
#include "host/settings_file.h"
#include "host/stock_unit.h"
#include "host/system_security.h"
#include "host/virtual_board.h"

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

// Restarts the unit as it was started, on its present port and serial line: the built-in
// firmware decides which image is due. Returns only on failure.
void reexec(const std::vector<std::string>& command_line, const Options& options,
            uint16_t port, int serial_fd) {
  const bool is_image = !options.started_by.empty();
  std::vector<std::string> arguments = {is_image ? options.started_by : command_line[0]};
  for (size_t i = 1; i < command_line.size(); ++i) {
    const std::string& name = command_line[i];
    if (name == "--plain") {
      arguments.push_back(name);
      continue;
    }
    const std::string& value = command_line[++i];
    // In place of these stand those of now.
    if (name == "--port" || name == "--reset-reason") continue;
    if (name == "--serial" || name == "--serial-fd") continue;
    if (name == kStartedByOption) continue;
    arguments.insert(arguments.end(), {name, value});
  }
  arguments.insert(arguments.end(),
                   {"--port", std::to_string(port), "--reset-reason",
                    std::to_string(static_cast<int>(ResetReason::kSoftware))});
  if (serial_fd >= 0) {
    arguments.insert(arguments.end(), {"--serial-fd", std::to_string(serial_fd)});
  }
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(&argument[0]);
  pointers.push_back(nullptr);
  execv(is_image ? options.started_by.c_str() : "/proc/self/exe", pointers.data());
  log_line("restart failed: %s", strerror(errno));
}

// The ports and the unit that uses them, in order of construction.
struct Board {
  Board(const StockKind& kind, const Options& options, const UnitIdentity& identity,
        const LinkProtection& protection, VirtualNetwork& network,
        SettingsStore& settings)
      : pins(options.seed),
        ports{network, memory, pins, uart, settings},
        stock(kind.build(options, identity, ports, protection)) {
    (void)stock->board().clock.set(system_epoch_ms(), uptime_ms(), ClockSource::kSystem);
    stock->board().network_change.shorten_trial(options.network_trial_ms);
    stock->unit().observe(command_log);
  }

  Unit& unit() { return stock->unit(); }

  VirtualMemory memory;
  VirtualPins pins;
  LoopbackUart uart;
  CommandLog command_log;
  const BoardPorts ports;
  std::unique_ptr<StockUnit> stock;
};

int complain(const std::string& error, int exit_code) {
  fprintf(stderr, "%s\n", error.c_str());
  return exit_code;
}

// A unit without a key is on its serial line and nowhere else. True when it has one.
bool wait_for_key(Provisioning& provisioning, const Options& options) {
  printf("waiting for a key unit=%s id=%s serial=%s\n", options.unit.c_str(),
         options.id.c_str(), options.serial_path.c_str());
  fflush(stdout);
  while (!stop_wanted && !provisioning.provisioner().wants_restart()) {
    const uint32_t due_ms = provisioning.provisioner().poll(uptime_ms());
    pollfd line = {provisioning.serial_fd(), POLLIN, 0};
    ::poll(&line, 1, due_ms == UINT32_MAX ? -1 : static_cast<int>(due_ms));
  }
  return !stop_wanted;
}

// Binds to the saved address, or else to the requested one. Empty, or one sentence with
// the reason why neither works.
std::string parse_place(Server& server, VirtualNetwork& network,
                        const NetworkChoice& kept, uint16_t port) {
  if (!kept.is_default()) {
    (void)network.use(kept);
    const std::string error = server.bind(network.ip(), port);
    if (error.empty()) return "";
    // As a board does that has not been reached at its saved address.
    log_line("%s", error.c_str());
    (void)network.use(NetworkChoice());
  }
  return server.bind(network.ip(), port);
}

// Runs the unit and its serial line until something ends them.
void serve(Server& server, StockUnit& stock, VirtualNetwork& network,
           SettingsStore& settings, Provisioning* provisioning) {
  while (!stop_wanted && !stock.unit().ready_to_restart()) {
    uint32_t due_ms = kIdle;
    if (provisioning != nullptr) {
      Provisioner& provisioner = provisioning->provisioner();
      due_ms = provisioner.poll(uptime_ms());
      if (provisioner.wants_restart()) return;
      server.watch(provisioner.is_open(uptime_ms()) ? provisioning->serial_fd() : -1);
      if (provisioner.is_trying()) stock.board().network_change.give_way();
      settings.keep_utc_offset(stock.board().clock.utc_offset_minutes());
    }
    server.turn(stock.unit(), uptime_ms, due_ms);
    if (server.has_input() && !stock.read_input()) server.watch_input(-1);
    // A network that cannot be reached is what a trial is for.
    const std::string error = server.move(network.ip());
    if (!error.empty()) log_line("%s", error.c_str());
  }
}

int run(const std::vector<std::string>& command_line, const Options& options) {
  FirmwareUpdates updates(options, kFirmwareVersion);
  const bool is_updatable = !options.update_folder.empty();
  std::string error = is_updatable ? updates.open(command_line) : "";
  if (!error.empty()) return complain(error, kExitUsage);

  struct sigaction action = {};
  action.sa_handler = want_stop;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  // Reading the terminal from the background then fails, where it would stop the unit.
  signal(SIGTTIN, SIG_IGN);

  SettingsFile file;
  SettingsStore settings(file);
  if (!options.settings_file.empty()) {
    error = file.open(options.settings_file);
    if (!error.empty()) return complain(error, kExitUsage);
    settings.load();
  }
  Server server;
  VirtualNetwork network(options.id, options.bind, options.seed);
  error = parse_place(server, network, settings.settings().network, options.port);
  if (!error.empty()) return complain(error, kExitCannotListen);
  const StockKind& kind = *find_stock_kind(options.unit);
  const UnitIdentity identity = {
      options.id.c_str(),   kind.model,  kFirmwareVersion,      new_boot_id(),
      options.reset_reason, kind.policy, updates.is_safe_mode()};
  SystemSecurity security;
  uint8_t key[kKeyBytes];
  std::unique_ptr<Provisioning> provisioning;
  int serial_fd = -1;
  if (!options.settings_file.empty()) {
    provisioning = std::make_unique<Provisioning>(options, settings, network);
    error = provisioning->open(options, identity.model, server.port());
    if (!error.empty()) return complain(error, kExitUsage);
    serial_fd = provisioning->serial_fd();
    if (!settings.settings().has_key) {
      if (!wait_for_key(*provisioning, options) || !options.reexec) return 0;
      updates.leave_in_good_order();
      reexec(command_line, options, server.port(), serial_fd);
      return 1;
    }
    memcpy(key, settings.settings().key, sizeof key);
  } else if (!options.plain) {
    error = read_key_file(options.key_file, key);
    if (!error.empty()) return complain(error, kExitUsage);
  }
  error = server.listen();
  if (!error.empty()) return complain(error, kExitCannotListen);
  Board board(
      kind, options, identity,
      options.plain ? LinkProtection::plain() : LinkProtection::encrypted(key, security),
      network, settings);
  board.stock->board().clock.set_utc_offset(settings.settings().utc_offset_minutes);
  if (provisioning) board.stock->board().restart.allow_forgetting();
  server.watch_input(board.stock->input());
  if (is_updatable) board.unit().enable_updates(updates.serve(identity));

  printf("listening %s:%u unit=%s id=%s boot=%08x model=%s\n", network.ip(),
         server.port(), options.unit.c_str(), options.id.c_str(), identity.boot_id,
         identity.model);
  fflush(stdout);
  log_line("unit %s ready, %s%s%s", options.id.c_str(),
           options.plain ? "unencrypted" : "encrypted",
           options.name.empty() ? "" : " name=", options.name.c_str());

  serve(server, *board.stock, network, settings, provisioning.get());
  if (!board.unit().ready_to_restart()) board.unit().shut_down();
  server.close(uptime_ms);
  wipe(key, sizeof key);
  if (board.stock->board().restart.forgets()) {
    log_line("unit %s %s", options.id.c_str(),
             settings.forget() ? "settings erased" : "settings not erased");
  }
  updates.leave_in_good_order();
  if (stop_wanted || !options.reexec) {
    log_line("unit %s stopped", options.id.c_str());
    return 0;
  }
  log_line("unit %s restarting", options.id.c_str());
  reexec(command_line, options, server.port(), serial_fd);
  return 1;
}

}  // namespace
}  // namespace signalbox::host

int main(int argc, char** argv) {
  using namespace signalbox::host;
#ifdef SIGNALBOX_FAILS_AT_START
  abort();
#endif
  Options options;
  const std::string error =
      parse_options(std::vector<std::string>(argv + 1, argv + argc), options);
  if (!error.empty()) {
    fprintf(stderr, "%s\n%s", error.c_str(), kUsage);
    return kExitUsage;
  }
  return run(std::vector<std::string>(argv, argv + argc), options);
}
