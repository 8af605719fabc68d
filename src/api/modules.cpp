// SPDX-License-Identifier: Apache-2.0
#include "modules.hpp"

#include <algorithm>

#include "catalogs.hpp"
#include "content.hpp"
#include "handlers.hpp"

namespace vcp::api {

using coordinator::Answer;
using coordinator::Contents;
using coordinator::Coordinator;
using coordinator::Module;
using http::Role;

namespace {

using ModulePtr = coordinator::Catalog<Module>::Ptr;

std::string render(const Module& module) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("module_id", module.digest.to_string())
      .member("size", module.size)
      .member("created_at", to_rfc3339(module.created_at));
  body.append(",").append(module.description);
  writer.end_object();
  return body;
}

/// Whether a Content-Type says that the module is text; the route takes no third type.
bool is_text(std::string_view content_type) {
  constexpr std::string_view kText = "text/wat";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(content_type.substr(0, kText.size()), kText, {}, lower);
}

/// The module's binary out of what was sent.
Async<Result<std::string>> binary_of(State& api, const http::Request& request) {
  if (!is_text(request.header("Content-Type"))) co_return std::string(request.body);
  std::move_only_function<Result<std::string>()> translate = [&api, &request] {
    return api.services.compiler.wat_to_wasm(request.body);
  };
  co_return co_await api.coordinator().pool().run(std::move(translate));
}

/// Stores the module that was sent.
Async<Result<StoredModule>> take_module(State& api, const http::Request& request) {
  auto binary = co_await binary_of(api, request);
  if (!binary) co_return std::unexpected(binary.error());
  auto stored = co_await store_module(api, request.principal.owner, std::move(*binary));
  if (!stored && stored.error().code == Code::malformed) stored.error().code = Code::invalid;
  co_return stored;
}

/// The module named in the path, if the caller may see it or, a node, holds a lease that needs it.
Async<Result<ModulePtr>> find_readable(State& api, const http::Request& request) {
  if (request.principal.role != Role::node) {
    co_return find_in_path(api.coordinator().modules(), request, "module");
  }
  const auto digest = Digest::parse(request.param("id"));
  if (!digest) co_return not_found("module");
  const auto held = co_await holds_lease_for(api, request.principal.subject, *digest);
  if (!held) co_return std::unexpected(held.error());
  ModulePtr module = *held ? api.coordinator().modules().find(*digest) : nullptr;
  if (!module) co_return not_found("module");
  co_return module;
}

}  // namespace

std::string describe(const wasm::ModuleInfo& info) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("abi", to_string(info.abi)).key("exports").begin_array();
  for (const wasm::Export& each : info.exports) writer.string(each.name);
  writer.end_array().key("functions").begin_object();
  for (const wasm::Export& each : info.exports) {
    if (each.type) writer.member(each.name, to_string(*each.type));
  }
  writer.end_object().key("imports").begin_array();
  for (const wasm::Import& each : info.imports) writer.string(each.module + "." + each.name);
  writer.end_array().end_object();
  return body.substr(1, body.size() - 2);
}

Async<Result<ModuleInfos::Ptr>> module_info(State& api, Digest module) {
  if (auto known = api.modules.find(module)) co_return known;
  std::move_only_function<Result<wasm::ModuleInfo>()> inspect =
      [&api, module]() -> Result<wasm::ModuleInfo> {
    const auto binary = api.coordinator().contents().files().read(module);
    if (!binary) return std::unexpected(binary.error());
    return wasm::inspect(*binary, {.module_bytes = api.services.limits.module_bytes});
  };
  auto info = co_await api.coordinator().pool().run(std::move(inspect));
  if (!info) co_return std::unexpected(info.error());
  co_return api.modules.put(module, std::move(*info));
}

Async<Result<StoredModule>> store_module(State& api, std::string owner, std::string binary) {
  struct Checked {
    wasm::ModuleInfo info;
    Contents::Pin pin;
  };
  std::move_only_function<Result<Checked>()> check = [&api, &binary]() -> Result<Checked> {
    auto info = wasm::inspect(binary, {.module_bytes = api.services.limits.module_bytes});
    if (!info) return std::unexpected(info.error());
    if (const Result<> valid = api.services.compiler.validate(binary); !valid) {
      return std::unexpected(valid.error());
    }
    auto pin = api.coordinator().contents().put(binary);
    if (!pin) return std::unexpected(pin.error());
    return Checked{std::move(*info), std::move(*pin)};
  };
  auto checked = co_await api.coordinator().pool().run(std::move(check));
  if (!checked) co_return std::unexpected(checked.error());

  Module record{.digest = checked->pin.digest(),
                .owner = std::move(owner),
                .size = binary.size(),
                .description = describe(checked->info),
                .created_at = api.now()};
  ModuleInfos::Ptr info = api.modules.put(record.digest, std::move(checked->info));
  StoredModule stored{
      .record = std::move(record), .pin = std::move(checked->pin), .info = std::move(info)};
  co_return stored;
}

Async<Handled> post_module(State& api, http::Request& request) {
  const auto once = once_of(request);
  if (!once) co_return std::unexpected(once.error());
  auto stored = co_await take_module(api, request);
  Result<StoredModule>* const taken = &stored;
  Coordinator::Command<Coordinator::Render> record =
      [taken](Coordinator::Writer& writer) -> Result<Coordinator::Render> {
    // Only here, so that a repetition gets the first answer whatever has become of the rest.
    if (!*taken) return std::unexpected(taken->error());
    Module& module = (*taken)->record;
    const auto known = writer.coordinator.modules().find(module.owner, module.digest);
    Answer answer{.status = known ? 200U : 201U,
                  .body = render(known ? *known : module),
                  .subject = module.digest.to_string()};
    if (!known) writer.put_module(std::move(module));
    return [answer = std::move(answer)] { return answer; };
  };
  const auto created = co_await api.coordinator().create(*once, std::move(record));
  if (!created) co_return std::unexpected(created.error());
  co_return created_response(*created, "/api/v1/modules/");
}

Async<Handled> list_modules(State& api, http::Request& request) {
  return list_catalog(api, request, api.coordinator().modules(), render);
}

Async<Handled> get_module(State& api, http::Request& request) {
  const auto module = find_in_path(api.coordinator().modules(), request, "module");
  if (!module) co_return std::unexpected(module.error());
  const Result<> durable = co_await api.coordinator().durable_now();
  if (!durable) co_return std::unexpected(durable.error());
  co_return json_response(render(**module));
}

Async<void> get_module_content(State& api, http::Exchange& exchange) {
  const auto module = co_await find_readable(api, exchange.request());
  if (!module) {
    co_await send_problem(exchange, module.error());
    co_return;
  }
  ContentHead head{.media_type = "application/wasm"};
  co_await send_content(api, exchange, (*module)->digest, (*module)->size, std::move(head));
}

Async<Handled> delete_module(State& api, http::Request& request) {
  const auto module = find_in_path(api.coordinator().modules(), request, "module");
  if (!module) co_return std::unexpected(module.error());
  Coordinator::Command<bool> erase = [module =
                                          *module](Coordinator::Writer& writer) -> Result<bool> {
    if (!writer.coordinator.modules().find(module->owner, module->digest)) {
      return not_found("module");
    }
    if (writer.core.uses_content(module->owner, module->digest)) {
      return fail(Code::conflict, "tasks that have not ended need this module");
    }
    writer.erase_module(*module);
    return true;
  };
  const auto erased = co_await api.coordinator().apply(std::move(erase));
  if (!erased) co_return std::unexpected(erased.error());
  co_return no_content();
}

}  // namespace vcp::api
