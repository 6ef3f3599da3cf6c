// Generates both unit-link codecs from the schema. Needs protoc and nanopb's
// generator (Debian: protobuf-compiler nanopb). With --out DIR the files are
// written there instead, so that a test can compare them with what is checked in.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const outFlag = process.argv.indexOf('--out');
const out = outFlag > 0 ? process.argv[outFlag + 1] : undefined;
const schemaDir = join(root, 'protocol/unit-link');
const tsOut = out ?? schemaDir;
const cOut = out ?? join(root, 'firmware/core/generated');
mkdirSync(tsOut, { recursive: true });
mkdirSync(cOut, { recursive: true });

execFileSync(
  'protoc',
  [
    `-I${schemaDir}`,
    `--nanopb_opt=-I${schemaDir}`,
    `--nanopb_out=${cOut}`,
    `--plugin=protoc-gen-es=${join(root, 'node_modules/.bin/protoc-gen-es')}`,
    `--es_out=${tsOut}`,
    '--es_opt=target=ts,import_extension=ts,erasable_syntax=true',
    join(schemaDir, 'unit_link.proto'),
  ],
  { stdio: 'inherit' },
);

// Where the tables lie that the generated code makes.
const header = join(cOut, 'unit_link.pb.h');
const text = readFileSync(header, 'utf8');
writeFileSync(
  header,
  text.replace('#include <pb.h>', '#include "core/flash_table.h"\n#include <pb.h>'),
);
