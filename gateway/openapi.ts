/** The API document (OpenAPI 3.1), made from the same table of routes that serves the calls. */
import { z } from 'zod';
import { problemSchema } from '../contract/schemas/answers.ts';
import type { Route } from './http/route.ts';

export function openApiDocument(routes: Route[], baseUrl: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Recoup', version: '1', description: 'Gets an order paid, and never charges twice.' },
    servers: [{ url: baseUrl }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'API key of a merchant' },
        buyerToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'One order, 15 minutes' },
      },
      schemas: { Problem: jsonSchema(problemSchema, 'output') },
    },
  };
}

function operationOf(route: Route): Record<string, unknown> {
  const answer = route.answer === undefined ? {} : jsonSchema(route.answer, 'output');
  const answered = (route.statuses ?? [200]).map((status) => [
    String(status),
    { description: 'See the summary.', content: { 'application/json': { schema: answer } } },
  ]);
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return {
    summary: route.summary,
    ...(route.access.kind !== 'open' && {
      security: [{ [route.access.kind === 'key' ? 'apiKey' : 'buyerToken']: [] }],
    }),
    parameters: parametersOf(route),
    ...(route.body !== undefined && {
      requestBody: {
        required: route.bodyKind !== 'optional',
        content: { 'application/json': { schema: jsonSchema(route.body, 'input') } },
      },
    }),
    responses: { ...Object.fromEntries(answered), default: { description: 'A problem.', content: problem } },
  };
}

function parametersOf(route: Route): Record<string, unknown>[] {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => parameter('path', String(name), true));
  const inQuery = route.query instanceof z.ZodObject ? Object.keys(route.query.shape) : [];
  return [
    ...inPath,
    ...inQuery.map((name) => parameter('query', name, false)),
    ...(route.again === undefined ? [] : [parameter('header', 'Idempotency-Key', true)]),
    ...(route.method === 'POST' && route.access.kind === 'key' ? [parameter('header', 'Prefer', false)] : []),
  ];
}

function parameter(place: 'path' | 'query' | 'header', name: string, required: boolean): Record<string, unknown> {
  return { in: place, name, required, schema: { type: 'string' } };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
