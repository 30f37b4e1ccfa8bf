import { parseSync } from '@swc/core';

export interface Import {
  specifier: string;
  typeOnly: boolean;
  /** `import('…')`: loaded only when that line runs. */
  lazy: boolean;
}

export interface Source {
  imports: Import[];
  /** Identifiers and `object.member` pairs that are used, plus `new Date()`. */
  uses: Set<string>;
  /** `import(somethingComputed)`: nobody can check where it leads. */
  computedImports: number;
  longestFunctionLines: number;
}

type Node = Record<string, unknown>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** Reads one TypeScript text: static, type-only, dynamic and re-exporting imports, whatever their form. */
export function readSource(text: string): Source {
  const source: Source = { imports: [], uses: new Set(), computedImports: 0, longestFunctionLines: 0 };
  // swc counts bytes, and from where the last parse of this process ended.
  const bytes = Buffer.from(text);
  const program = parseSync(text, { syntax: 'typescript' }) as unknown as Node;
  const start = spanOf(program.body)?.start ?? 0;
  walk(program, (node) => {
    readStaticImport(node, source);
    readOtherImport(node, source);
    readUse(node, source);
    source.longestFunctionLines = Math.max(source.longestFunctionLines, functionLines(node, bytes, start));
  });
  return source;
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
  } else if (isNode(value)) {
    if (typeof value.type === 'string') visit(value);
    for (const [name, child] of Object.entries(value)) if (name !== 'span') walk(child, visit);
  }
}

function readStaticImport(node: Node, source: Source): void {
  const isStatic = ['ImportDeclaration', 'ExportAllDeclaration', 'ExportNamedDeclaration'].includes(String(node.type));
  if (!isStatic || !isNode(node.source)) return;
  const names = Array.isArray(node.specifiers) ? (node.specifiers as Node[]) : [];
  const onlyTypeNames = names.length > 0 && names.every((name) => name.isTypeOnly === true);
  source.imports.push({
    specifier: String(node.source.value),
    typeOnly: node.typeOnly === true || onlyTypeNames,
    lazy: false,
  });
}

function readOtherImport(node: Node, source: Source): void {
  if (node.type === 'TsImportType' && isNode(node.argument)) {
    source.imports.push({ specifier: String(node.argument.value), typeOnly: true, lazy: false });
  }
  if (node.type === 'TsExternalModuleReference' && isNode(node.expression)) {
    source.imports.push({ specifier: String(node.expression.value), typeOnly: false, lazy: false });
  }
  if (node.type !== 'CallExpression' || !isNode(node.callee)) return;
  const isRequire = node.callee.type === 'Identifier' && node.callee.value === 'require';
  if (node.callee.type !== 'Import' && !isRequire) return;
  const [first] = node.arguments as { expression: Node }[];
  if (first?.expression.type === 'StringLiteral') {
    source.imports.push({ specifier: String(first.expression.value), typeOnly: false, lazy: !isRequire });
  } else {
    source.computedImports += 1;
  }
}

function readUse(node: Node, source: Source): void {
  if (node.type === 'MemberExpression' && isNode(node.object) && isNode(node.property)) {
    source.uses.add(`${node.object.value}.${node.property.value}`);
    if (node.object.type === 'Identifier') source.uses.add(String(node.object.value));
  }
  if (node.type === 'CallExpression' && isNode(node.callee) && node.callee.type === 'Identifier') {
    source.uses.add(String(node.callee.value));
  }
  const isNewDate = node.type === 'NewExpression' && isNode(node.callee) && node.callee.value === 'Date';
  if (isNewDate && (node.arguments as unknown[] | null)?.length === 0) source.uses.add('new Date()');
}

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression', 'ClassMethod'];

function functionLines(node: Node, bytes: Buffer, start: number): number {
  if (!FUNCTIONS.includes(String(node.type))) return 0;
  const span = spanOf(node.type === 'ClassMethod' ? (node.function as Node) : node);
  if (span === undefined) return 0;
  return bytes
    .subarray(span.start - start, span.end - start)
    .toString()
    .split('\n').length;
}

/** Of a node, or of the first of several. */
function spanOf(value: unknown): { start: number; end: number } | undefined {
  const node = Array.isArray(value) ? value[0] : value;
  return isNode(node) ? (node.span as { start: number; end: number } | undefined) : undefined;
}
