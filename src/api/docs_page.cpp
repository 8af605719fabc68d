// SPDX-License-Identifier: Apache-2.0
#include "docs_page.hpp"

namespace vcp::api {

namespace {

constexpr std::string_view kPage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Ambient VCP API</title>
<style>
:root {
  --back: #fff; --panel: #f5f6f8; --line: #d9dde3; --text: #1c2128; --soft: #57606a;
  --link: #0a58ca; --get: #0a58ca; --post: #1a7037; --put: #8a5a00; --delete: #b3261e;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171c; --panel: #1d2127; --line: #353b44; --text: #e4e8ee; --soft: #a0a9b5;
    --link: #7fb3ff; --get: #7fb3ff; --post: #6fd08c; --put: #e8b45a; --delete: #ff8a80;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--back); color: var(--text);
       font: 16px/1.5 system-ui, sans-serif; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code { font-family: var(--mono); font-size: .88em; overflow-wrap: anywhere; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: .5rem; top: .5rem; background: var(--back); padding: .5rem; z-index: 1; }
.page { display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1rem;
      background: var(--panel); border-right: 1px solid var(--line); font-size: .9rem; }
nav h2 { font-size: .9rem; margin: 1rem 0 .2rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: .1rem 0; color: var(--text); }
main { padding: 1rem 2rem 6rem; max-width: 62rem; }
h1 { margin: .2rem 0; }
main > section > h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
article { margin: 1.5rem 0 2.5rem; }
h3 { margin: 0; font-size: 1.05rem; overflow-wrap: anywhere; }
h4 { margin: 1rem 0 .3rem; font-size: .9rem; color: var(--soft); }
p { margin: .4rem 0; }
.soft { color: var(--soft); }
.method { font: 700 .8rem var(--mono); text-transform: uppercase; margin-right: .5rem; }
.get { color: var(--get); } .post { color: var(--post); }
.put { color: var(--put); } .delete { color: var(--delete); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
         border-top: 1px solid var(--line); }
th { font-weight: 400; white-space: nowrap; }
.members th { width: 32%; }
.members td:nth-child(2) { width: 28%; }
.answers th { width: 4rem; }
.answers td:nth-child(2) { width: 40%; }
.place, .required::after { color: var(--soft); font: .75rem system-ui, sans-serif; }
.place { margin-left: .4rem; }
.required::after { content: " required"; }
details { margin-top: .4rem; font-size: .9rem; }
summary { color: var(--soft); cursor: pointer; }
@media (max-width: 50rem) {
  .page { display: block; }
  nav { position: static; height: auto; max-height: 40vh; border-right: 0; }
  main { padding: 1rem; }
}
@media print { nav { display: none; } .page { display: block; } }
</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<div class="page">
<nav id="contents" aria-label="Contents"></nav>
<main id="content" tabindex="-1">
<h1>Ambient VCP API</h1>
<p id="state" role="status">Loading <a href="/openapi.json">openapi.json</a> …</p>
<noscript><p>This page needs JavaScript; <a href="/openapi.json">openapi.json</a> does
not.</p></noscript>
</main>
</div>
<script>
"use strict";

const methods = ["get", "post", "put", "delete"];

// --- Making elements. Text only ever becomes text, never markup.

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.flat());
  return element;
}

const code = (text) => make("code", {}, text);

/// What stands between backticks becomes code.
function prose(text) {
  return (text || "").split("`").map((part, i) => (i % 2 ? code(part) : part));
}

function table(rows, kind = "plain") {
  return make("div", {class: "scroll"}, make("table", {class: kind}, make("tbody", {}, rows)));
}

function row(head, ...cells) {
  return make("tr", {}, make("th", {scope: "row"}, head),
              cells.map((cell) => make("td", {}, cell)));
}

// --- Schemas

const nameOf = (reference) => reference.split("/").pop();

function schemaLink(reference) {
  const name = nameOf(reference);
  return make("a", {href: "#schema-" + name}, name);
}

function joined(parts, separator) {
  return parts.flatMap((part, i) => (i ? [separator, part] : [part])).flat();
}

/// The type of a schema in a few words.
function typeOf(schema) {
  if (schema.$ref) return [schemaLink(schema.$ref)];
  if (schema.enum) return joined(schema.enum.map((value) => code(JSON.stringify(value))), " | ");
  if ("const" in schema) return [code(JSON.stringify(schema.const))];
  const choice = schema.oneOf || schema.anyOf;
  if (choice && choice.every((each) => !each.required || each.type)) {
    return joined(choice.map(typeOf), " or ");
  }
  if (schema.allOf && schema.allOf.every((each) => each.$ref)) {
    return joined(schema.allOf.map(typeOf), " and ");
  }
  const types = [schema.type || "any"].flat();
  return joined(types.map((type) => {
    if (type === "array" && schema.items) return ["array of ", ...typeOf(schema.items)];
    if (type === "object" && schema.additionalProperties) {
      return ["object of ", ...typeOf(schema.additionalProperties)];
    }
    return [schema.format || (schema.contentEncoding ? schema.contentEncoding : type)];
  }), " or ");
}

/// What else bounds a value.
function boundsOf(schema) {
  const bounds = [];
  const range = (least, greatest, unit) => {
    if (least === undefined && greatest === undefined) return;
    if (greatest !== undefined) bounds.push(`${least ?? "up"} to ${greatest}${unit}`);
    else if (least > 0) bounds.push(`at least ${least}${unit}`);
  };
  range(schema.minimum, schema.maximum, "");
  range(schema.minLength, schema.maxLength, " characters");
  range(schema.minItems, schema.maxItems, " items");
  range(schema.minProperties, schema.maxProperties, " members");
  if (schema.pattern) bounds.push(code(schema.pattern));
  if ("default" in schema) bounds.push(["default ", code(JSON.stringify(schema.default))]);
  if (schema.examples) bounds.push(["such as ", code(JSON.stringify(schema.examples[0]))]);
  return joined(bounds, ", ");
}

const paragraphs = (parts) => parts.filter((part) => part.length > 0)
                                  .map((part) => make("div", {}, part));

/// Rows for the members of an object, and for the members of what they hold.
function memberRows(schema, prefix = "") {
  const required = schema.required || [];
  return Object.entries(schema.properties || {}).flatMap(([name, member]) => {
    const head = code(prefix + name);
    if (required.includes(name)) head.classList.add("required");
    const text = paragraphs([prose(member.description), boundsOf(member)]);
    const inner = member.items && member.items.properties
        ? memberRows(member.items, prefix + name + "[].")
        : memberRows(member, prefix + name + ".");
    return [row(head, typeOf(member), text), ...inner];
  });
}

function schemaArticle([name, schema]) {
  const article = make("article", {id: "schema-" + name},
                       make("h3", {}, make("a", {href: "#schema-" + name}, name)),
                       make("p", {}, prose(schema.description)));
  const alternatives = schema.properties ? [schema]
                                         : (schema.oneOf || []).filter((each) => each.properties);
  if (alternatives.length === 0) {
    article.append(make("p", {}, paragraphs([typeOf(schema), boundsOf(schema)])));
  }
  for (const each of alternatives) article.append(table(memberRows(each), "members"));
  for (const each of schema.properties ? [] : schema.oneOf || []) {
    if (each.$ref) article.append(make("p", {}, "or ", schemaLink(each.$ref)));
  }
  return article;
}

// --- Operations

function contentOf(content) {
  return joined(Object.entries(content || {}).map(([type, {schema}]) => {
    const parts = [code(type)];
    if (schema && schema.$ref) parts.push(" ", schemaLink(schema.$ref));
    if (schema && schema.description) {
      parts.push(make("span", {class: "soft"}, " ", schema.description));
    }
    return parts;
  }), " or ");
}

function rolesOf(operation) {
  const roles = (operation.security || []).map((each) => Object.values(each).flat()).flat();
  return roles.length ? ["For ", ...joined(roles.map(code), ", "), "."] : ["Needs no token."];
}

function parameterRow(parameter) {
  const name = [code(parameter.name), make("span", {class: "place"}, parameter.in)];
  const text = paragraphs([prose(parameter.description), boundsOf(parameter.schema)]);
  return row(name, typeOf(parameter.schema), text);
}

function responseRow(api, [status, response]) {
  const whole = response.$ref ? api.components.responses[nameOf(response.$ref)] : response;
  const headers = Object.keys(whole.headers || {}).map(code);
  return row(code(status), prose(whole.description), contentOf(whole.content),
             headers.length ? ["with ", ...joined(headers, ", ")] : []);
}

/// What is answered when all goes well, and behind a click what else.
function answersOf(api, {responses}) {
  const rows = (statuses) => table(
      statuses.map((each) => responseRow(api, [each, responses[each]])), "answers");
  const statuses = Object.keys(responses);
  const problems = statuses.filter((status) => status >= "400");
  const summary = make("summary", {}, "Problems: " + problems.join(", "));
  return [rows(statuses.filter((status) => status < "400")),
          make("details", {}, summary, rows(problems))];
}

function operationArticle(api, {method, path, operation}) {
  const id = operation.operationId;
  const article = make(
      "article", {id},
      make("h3", {}, make("span", {class: "method " + method}, method),
           make("a", {href: "#" + id}, code(path))),
      make("p", {}, prose(operation.summary)), make("p", {}, prose(operation.description)),
      make("p", {class: "soft"}, rolesOf(operation)));
  if (operation.parameters.length > 0) {
    const rows = operation.parameters.map(parameterRow);
    article.append(make("h4", {}, "Parameters"), table(rows, "members"));
  }
  if (operation.requestBody) {
    const {content, description} = operation.requestBody;
    article.append(make("h4", {}, "Body"), make("p", {}, contentOf(content)),
                   make("p", {class: "soft"}, description));
  }
  article.append(make("h4", {}, "Answers"), ...answersOf(api, operation));
  return article;
}

function operationsOf(api, tag) {
  return Object.entries(api.paths).flatMap(
      ([path, item]) => methods.filter((method) => item[method]?.tags.includes(tag))
                            .map((method) => ({method, path, operation: item[method]})));
}

// --- The page

function section(id, title, text, articles) {
  return make("section", {"aria-labelledby": id},
              make("h2", {id}, make("a", {href: "#" + id}, title)), make("p", {}, prose(text)),
              articles);
}

function contentsOf(title, id, links) {
  return [make("h2", {}, make("a", {href: "#" + id}, title)),
          make("ul", {}, links.map((link) => make("li", {}, link)))];
}

function show(api) {
  const main = document.getElementById("content");
  const contents = document.getElementById("contents");
  document.getElementById("state").replaceWith(
      make("p", {class: "soft"}, "Version ", api.info.version, " · ",
           make("a", {href: "/openapi.json"}, "openapi.json")),
      make("p", {}, prose(api.info.description)));
  for (const {name, description} of api.tags) {
    const operations = operationsOf(api, name);
    const id = "tag-" + name;
    const articles = operations.map((each) => operationArticle(api, each));
    main.append(section(id, name, description, articles));
    contents.append(...contentsOf(name, id, operations.map(
        ({method, operation}) => make("a", {href: "#" + operation.operationId},
                                      make("span", {class: "method " + method}, method),
                                      operation.summary))));
  }
  const schemas = Object.entries(api.components.schemas);
  main.append(section("schemas", "Schemas", "What bodies and answers hold.",
                      schemas.map(schemaArticle)));
  contents.append(...contentsOf("Schemas", "schemas", schemas.map(
      ([name]) => make("a", {href: "#schema-" + name}, name))));
  // What the address points to did not exist when the page was opened.
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

async function start() {
  try {
    const answer = await fetch("/openapi.json");
    if (!answer.ok) throw new Error("the server answered " + answer.status);
    show(await answer.json());
  } catch (error) {
    const state = document.getElementById("state");
    state.textContent = "openapi.json could not be read: " + error.message;
  }
}

start();
</script>
</body>
</html>
)html";

}  // namespace

std::string render_docs(std::span<const http::Route> routes) {
  std::string list = "<noscript><ul>\n";
  for (const http::Route& route : routes) {
    list.append("<li><code>").append(route.pattern).append("</code> ");
    list.append(route.summary).append("</li>\n");
  }
  list += "</ul></noscript>\n";
  std::string page(kPage);
  page.insert(page.rfind("</body>"), list);
  return page;
}

}  // namespace vcp::api
