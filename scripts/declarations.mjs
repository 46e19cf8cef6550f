/**
 * Reads what the built package declares: the exports of each of its faces, with their declarations and docstrings.
 *
 * The compiler writes `.d.ts` files in one regular form: statements one after another, each with its docstring right
 * above it. That is all that is understood here. Docstrings may use `{@link name}` and the tags of {@link tagsOf}.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/**
 * @typedef {object} Declaration
 * @property {string} name under which it is exported
 * @property {"function" | "class" | "const" | "interface" | "type"} kind
 * @property {string} text without `export declare`
 * @property {string | undefined} doc without stars
 * @property {boolean} exported from its own module
 * @property {string} file relative to the folder of the build, such as "audio/resampler"
 * @property {readonly string[]} mentions names of types and values that the text mentions and the file knows
 */

/**
 * The faces of a package: its exports with types, those of nested conditions too.
 * @returns {readonly { path: string, types: string }[]}
 */
export function facesOf({ exports }) {
  return Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === "string") return [];
    const nested = Object.values(target).filter((value) => typeof value === "object");
    return [target, ...nested].map(({ types }) => ({ path, types }));
  });
}

/** All modules below a folder of `.d.ts` files, read when they are asked for. */
export class Declarations {
  #folder;
  #modules = new Map();

  constructor(folder) {
    this.#folder = folder;
  }

  /** The exports of a file, in their order. @returns {readonly Declaration[]} */
  exportsOf(path) {
    const { exports } = this.#module(join(this.#folder, path));
    return [...exports].flatMap(([name, target]) => {
      if (name !== "*" && !name.startsWith("* ")) return [{ ...this.#find(target), name }];
      // What is exported by name hides what comes along with all of another module.
      const others = this.exportsOf(relative(this.#folder, target.file));
      return others.filter((other) => !exports.has(other.name));
    });
  }

  /** What a name that a declaration mentions stands for; undefined for what comes from elsewhere. */
  mentioned({ file }, name) {
    const path = join(this.#folder, `${file}.d.ts`);
    const { imports, locals } = this.#module(path);
    const target = locals.has(name) ? { file: path, name } : imports.get(name);
    return target && this.#find(target);
  }

  /** @returns {Declaration} */
  #find({ file, name }) {
    const module = this.#module(file);
    const own = module.locals.get(name);
    if (own) {
      const known = new Set([...module.imports.keys(), ...module.locals.keys()]);
      return {
        ...own,
        name,
        file: relative(this.#folder, file)
          .replaceAll("\\", "/")
          .replace(/\.d\.ts$/, ""),
        mentions: wordsOf(own.text).filter((word) => word !== name && known.has(word)),
      };
    }
    const target = module.exports.get(name) ?? module.imports.get(name);
    if (target) return this.#find(target);
    for (const [as, { file: other }] of module.exports) {
      if (as.startsWith("* ") && this.#module(other).exports.has(name)) {
        return this.#find({ file: other, name });
      }
    }
    throw new Error(`${file} does not declare ${name}.`);
  }

  #module(file) {
    let module = this.#modules.get(file);
    if (!module) {
      module = readModule(file);
      this.#modules.set(file, module);
    }
    return module;
  }
}

/** Files that a declaration file imports, and packages. @returns {readonly string[]} */
export function importsOf(text) {
  return statementsOf(text).flatMap(({ text }) => {
    const [, from] = /^(?:import|export)\b[\s\S]*?\bfrom "([^"]+)";$/.exec(text) ?? [];
    const inline = [...text.matchAll(/\bimport\("([^"]+)"\)/g)].map(([, name]) => name);
    return from === undefined ? inline : [from, ...inline];
  });
}

/** The declaration file that a relative import in another one means. */
export function declarationFile(from, specifier) {
  return join(dirname(from), specifier.replace(/(\.d)?\.[tj]s$/, ".d.ts"));
}

/** @returns a file's own declarations, what it imports, and what its exports stand for */
function readModule(file) {
  const text = readFileSync(file, "utf8");
  const module = { imports: new Map(), locals: new Map(), exports: new Map() };
  for (const statement of statementsOf(text)) {
    const [, verb, list, from] =
      /^(import|export)(?: type)? \{([\s\S]*)\}(?: from "([^"]+)")?;$/.exec(statement.text) ?? [];
    if (verb) {
      if (from && !from.startsWith(".")) continue;
      const target = from ? declarationFile(file, from) : file;
      for (const item of list.split(",").map((item) => item.trim().replace(/^type /, ""))) {
        if (item === "") continue;
        const [name, as = name] = item.split(" as ");
        (verb === "import" ? module.imports : module.exports).set(as, { file: target, name });
      }
      continue;
    }
    const [, all] = /^export \* from "([^"]+)";$/.exec(statement.text) ?? [];
    if (all) {
      module.exports.set(`* ${all}`, { file: declarationFile(file, all) });
      continue;
    }
    const [, exported, kind, name] =
      /^(export )?(?:declare )?(?:abstract )?(function|class|const|interface|type) ([\w$]+)/.exec(
        statement.text,
      ) ?? [];
    if (!kind) continue;
    const doc = statement.doc === fileComment(file) ? undefined : statement.doc;
    const own = statement.text.replace(/^(export )?(declare )?/, "");
    const before = module.locals.get(name);
    // Overloads follow each other; the first one's docstring is for all.
    module.locals.set(
      name,
      before
        ? { ...before, text: `${before.text}\n${own}` }
        : { kind, text: own, doc, exported: Boolean(exported) },
    );
    if (exported) module.exports.set(name, { file, name });
  }
  return module;
}

/** The comment at the top of the source, about the file: it may stand where a first docstring would. */
function fileComment(file) {
  const source = file.replace(/([/\\])dist([/\\])/, "$1src$2").replace(/\.d\.ts$/, ".ts");
  if (!existsSync(source)) return undefined;
  const [comment] = /^\/\*\*[\s\S]*?\*\//.exec(readFileSync(source, "utf8")) ?? [];
  return comment && plainText(comment);
}

/** The statements of a file, each with the last comment above it. */
function statementsOf(text) {
  const statements = [];
  let at = 0;
  let doc;
  while (at < text.length) {
    if (/\s/.test(text[at])) {
      at++;
    } else if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at) + 2;
      const comment = text.slice(at, end);
      doc = comment.startsWith("/**") ? plainText(comment) : undefined;
      at = end;
    } else if (text.startsWith("//", at)) {
      at = endOfLine(text, at);
    } else {
      const end = statementEnd(text, at);
      statements.push({ text: text.slice(at, end), doc });
      doc = undefined;
      at = end;
    }
  }
  return statements;
}

/** Just after the semicolon, or the brace that ends an interface or a class, of the statement at a position. */
function statementEnd(text, start) {
  const braced = /^(export )?(declare )?(abstract )?(interface|class) /.test(
    text.slice(start, start + 40),
  );
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const next = text[at];
    if (text.startsWith("/*", at)) at = text.indexOf("*/", at) + 1;
    else if (text.startsWith("//", at)) at = endOfLine(text, at);
    else if (next === '"' || next === "'" || next === "`") at = closingQuote(text, at);
    else if ("([{".includes(next)) depth++;
    else if (")]}".includes(next)) {
      depth--;
      if (depth === 0 && braced && next === "}") return at + 1;
    } else if (next === ";" && depth === 0) return at + 1;
  }
  return text.length;
}

function closingQuote(text, start) {
  let at = start + 1;
  while (text[at] !== text[start]) at += text[at] === "\\" ? 2 : 1;
  return at;
}

function endOfLine(text, at) {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** A comment without its stars. */
function plainText(comment) {
  return comment
    .replace(/^\/\*\*[ \t]*\n?|\s*\*\/$/g, "")
    .replace(/^[ \t]*\*(?: |$)/gm, "")
    .trim();
}

/** Words of a declaration that can be names of types, and those after `typeof`: no members, comments or strings. */
function wordsOf(text) {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/"[^"\n]*"/g, "");
  const types = [...code.matchAll(/(?<![.\w$#])([A-Z][\w$]*)(?!\s*[?]?:)/g)].map(
    ([, word]) => word,
  );
  const values = [...code.matchAll(/\btypeof ([\w$]+)/g)].map(([, word]) => word);
  return [...new Set([...types, ...values])];
}
