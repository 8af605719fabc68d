// SPDX-License-Identifier: Apache-2.0
#include "vcp/wasm/cache.hpp"

#include <algorithm>
#include <future>
#include <list>
#include <mutex>
#include <semaphore>
#include <string>
#include <unordered_map>
#include <utility>

#include "artifact_store.hpp"

namespace vcp::wasm {
namespace {

using ModulePtr = std::shared_ptr<const CompiledModule>;

/// The most recently used modules, by how much memory their code takes. One thread at a time.
class RecentModules {
 public:
  explicit RecentModules(std::size_t budget_bytes) : budget_bytes_(budget_bytes) {}

  ModulePtr find(const Digest& digest) {
    const auto found = index_.find(digest);
    if (found == index_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
  }

  void insert(const Digest& digest, const ModulePtr& module) {
    if (find(digest) != nullptr) return;
    order_.emplace_front(digest, module);
    index_[digest] = order_.begin();
    bytes_ += module->image_bytes();
    while (bytes_ > budget_bytes_ && order_.size() > 1) drop_oldest();
  }

 private:
  void drop_oldest() {
    const auto& [digest, module] = order_.back();
    bytes_ -= module->image_bytes();
    index_.erase(digest);
    order_.pop_back();
  }

  std::size_t budget_bytes_;
  std::size_t bytes_ = 0;
  std::list<std::pair<Digest, ModulePtr>> order_;
  std::unordered_map<Digest, std::list<std::pair<Digest, ModulePtr>>::iterator> index_;
};

}  // namespace

struct ModuleCache::State {
  State(Engine& used_engine, Compiler used_compiler, CacheOptions chosen, ArtifactStore store)
      : engine(used_engine),
        compiler(std::move(used_compiler)),
        options(std::move(chosen)),
        disk(std::move(store)),
        compilations(std::max(1, options.compilations)),
        recent(options.memory_bytes) {}

  using Loaded = Result<ModulePtr>;

  ModulePtr find_in_memory(const Digest& digest) {
    const std::lock_guard lock(mutex);
    return recent.find(digest);
  }

  void remember(const Digest& digest, const ModulePtr& module) {
    const std::lock_guard lock(mutex);
    recent.insert(digest, module);
  }

  /// Another engine's code has another name.
  [[nodiscard]] std::string file_name(const Digest& digest) const {
    return sha256(std::string(digest.view()) + engine.name()).hex();
  }

  ModulePtr load_from_disk(const Digest& digest) {
    const auto entry = disk.load(file_name(digest));
    if (!entry) return nullptr;
    auto info = inspect(entry->binary, options.shape, options.host);
    if (!info) return nullptr;
    return engine.load(std::move(*info), entry->artifact).value_or(nullptr);
  }

  Loaded compile(const Digest& digest, std::string_view binary) {
    if (sha256(binary) != digest) {
      return fail(Code::invalid, "the module's bytes are not those of " + digest.to_string());
    }
    auto info = inspect(binary, options.shape, options.host);
    if (!info) return std::unexpected(std::move(info.error()));
    auto artifact = compile_in_turn(binary);
    if (!artifact) return std::unexpected(std::move(artifact.error()));
    auto module = engine.load(std::move(*info), *artifact);
    if (module) disk.save(file_name(digest), binary, *artifact);
    return module;
  }

  Result<std::string> compile_in_turn(std::string_view binary) {
    compilations.acquire();
    const std::shared_ptr<void> turn(nullptr, [this](void*) { compilations.release(); });
    return compiler.compile(binary);
  }

  Loaded load_or_compile(const Digest& digest, std::string_view binary) {
    auto module = load_from_disk(digest);
    Loaded loaded = module != nullptr ? Loaded(std::move(module)) : compile(digest, binary);
    if (loaded) remember(digest, *loaded);
    return loaded;
  }

  void forget_work(const Digest& digest) {
    const std::lock_guard lock(mutex);
    under_way.erase(digest);
  }

  Engine& engine;
  Compiler compiler;
  CacheOptions options;
  ArtifactStore disk;
  std::counting_semaphore<> compilations;

  std::mutex mutex;  // of what follows
  RecentModules recent;
  std::unordered_map<Digest, std::shared_future<Loaded>> under_way;
};

ModuleCache::ModuleCache(std::unique_ptr<State> state) : state_(std::move(state)) {}
ModuleCache::ModuleCache(ModuleCache&&) noexcept = default;
ModuleCache& ModuleCache::operator=(ModuleCache&&) noexcept = default;
ModuleCache::~ModuleCache() = default;

Result<ModuleCache> ModuleCache::open(Engine& engine, Compiler compiler, CacheOptions options) {
  auto store = ArtifactStore::open(options.directory, options.disk_bytes);
  if (!store) return std::unexpected(std::move(store.error()));
  return ModuleCache(
      std::make_unique<State>(engine, std::move(compiler), std::move(options), std::move(*store)));
}

ModulePtr ModuleCache::find(const Digest& digest) {
  if (auto module = state_->find_in_memory(digest)) return module;
  auto module = state_->load_from_disk(digest);
  if (module != nullptr) state_->remember(digest, module);
  return module;
}

Result<ModulePtr> ModuleCache::get(const Digest& digest, std::string_view binary) {
  std::promise<State::Loaded> promise;
  {
    std::unique_lock lock(state_->mutex);
    if (auto module = state_->recent.find(digest)) return module;
    if (const auto other = state_->under_way.find(digest); other != state_->under_way.end()) {
      const auto future = other->second;
      lock.unlock();
      return future.get();
    }
    state_->under_way.emplace(digest, promise.get_future().share());
  }
  const std::shared_ptr<void> end(nullptr, [&](void*) { state_->forget_work(digest); });
  State::Loaded loaded = state_->load_or_compile(digest, binary);
  promise.set_value(loaded);
  return loaded;
}

}  // namespace vcp::wasm
