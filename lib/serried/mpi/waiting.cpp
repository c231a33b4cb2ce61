#include <atomic>

#include <serried/mpi/activity.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {
namespace {

ActivityEntry own_memory;
std::atomic<ActivityEntry*> current_entry{&own_memory};

}  // namespace

ActivityEntry& Waiting::own_entry() noexcept { return *current_entry.load(std::memory_order_acquire); }

void Waiting::move_to(ActivityEntry& entry) noexcept {
  entry.continue_from(own_entry());
  current_entry.store(&entry, std::memory_order_release);
}

void Waiting::move_to_own_memory() noexcept { move_to(own_memory); }

void Waiting::begin(const ActivityName& name) noexcept { own_entry().begin(name); }

void Waiting::end() noexcept { own_entry().end(); }

}  // namespace serried::mpi
