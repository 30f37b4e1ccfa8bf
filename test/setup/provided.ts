/** What the global setups hand to test files by `inject(name)`. */
declare module 'vitest' {
  export interface ProvidedContext {
    /** host:port of a real dev server with the settings of temporal-dev.yml. */
    temporalAddress: string;
    /** A real PostgreSQL; use `freshDatabase()` instead of this database. */
    postgresUrl: string;
    /** A migrated database that `freshDatabase()` copies. */
    templateDatabase: string;
    /** File with the bundled workflows, for `workflowBundle: {codePath}`. */
    workflowBundlePath: string;
    /** For `createTimeSkipping({server: {executable: {type: 'existing-path', path}}})`. */
    testServerPath: string;
  }
}

export {};
