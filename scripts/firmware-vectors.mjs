// Writes the shared vectors as C++ tables, for programs that have no files
// (shape: firmware/lx106/vector_tables.h).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} root of the repository
 * @param {string} file the header to write
 */
export function writeVectorHeader(root, file) {
  const load = (name) => JSON.parse(readFileSync(join(root, 'protocol/vectors', name), 'utf8'));
  const frames = load('frames.json').vectors;
  const messages = load('messages.json').vectors;
  const lines = [
    '#pragma once',
    '#include "lx106/vector_tables.h"',
    'namespace signalbox::lx106 {',
  ];

  const list = (name, hexes) => {
    const parts = hexes.map((hex, index) => bytes(lines, `${name}_${index}`, hex));
    // An array needs an element; the count gives the real number.
    lines.push(`const Bytes ${name}[] = {${[...parts, '{nullptr, 0}'].join(', ')}};`);
    return `${name}, ${parts.length}`;
  };
  const frameRows = frames.map(({ name, mode, chunks, bodies, error }, index) => {
    const chunkList = list(`kFrame${index}Chunks`, chunks);
    const bodyList = list(`kFrame${index}Bodies`, bodies);
    return `{${JSON.stringify(name)}, ${mode === 'encrypted'}, ${chunkList}, ${bodyList}, "${error ?? 'none'}"}`;
  });
  const messageRows = messages.map(({ name, hex }, index) => {
    return `{${JSON.stringify(name)}, ${bytes(lines, `kMessage${index}`, hex)}}`;
  });
  const noise = load('noise.json');
  const linkRows = noise.links.map((link, index) => {
    const of = (name, hex) => bytes(lines, `kLink${index}${name}`, hex);
    const said = link.frames.map(({ from, message, frame }, at) => {
      const parts = [of(`Message${at}`, message), of(`Frame${at}`, frame)];
      return `{${from === 'base'}, ${parts.join(', ')}}`;
    });
    lines.push(`const SaidFrame kLink${index}Frames[] = {${said.join(', ')}};`);
    const parts = [
      of('Key', link.key),
      of('TicketId', link.ticket?.id ?? ''),
      of('TicketKey', link.ticket?.key ?? ''),
      of('UnitEphemeral', link.unitEphemeral),
      of('Opening', link.opening),
      of('Answer', link.answer),
    ];
    const frames = `kLink${index}Frames, ${said.length}`;
    return `{${JSON.stringify(link.name)}, ${parts.join(', ')}, ${frames}}`;
  });
  const update = load('update.json');
  const beginRows = update.begins.map(({ name, manifest, signature, keyId, ...more }, index) => {
    const parts = [
      bytes(lines, `kBegin${index}Manifest`, manifest),
      bytes(lines, `kBegin${index}Signature`, signature),
    ];
    const rest = `${keyId}u, ${more.safeMode === true}, "${more.error}"`;
    return `{${JSON.stringify(name)}, ${parts.join(', ')}, ${rest}}`;
  });
  const trusted = update.trusted.map((hex, index) => bytes(lines, `kTrusted${index}`, hex));
  const image = bytes(lines, 'kUpdateImage', update.image);
  const turnRows = load('provisioning.json').conversation.map(({ name, says, hears }, index) => {
    const parts = [
      bytes(lines, `kTurn${index}Says`, says),
      bytes(lines, `kTurn${index}Hears`, hears),
    ];
    return `{${JSON.stringify(name)}, ${parts.join(', ')}}`;
  });
  const { published } = noise;
  const publishedParts = [
    ...['prologue', 'psk', 'initiatorEphemeral', 'responderEphemeral', 'handshakeHash'].map(
      (name) => bytes(lines, `kPublished_${name}`, published[name]),
    ),
    ...published.messages
      .slice(0, 2)
      .flatMap(({ payload, ciphertext }, index) => [
        bytes(lines, `kPublishedPayload${index}`, payload),
        bytes(lines, `kPublishedMessage${index}`, ciphertext),
      ]),
  ];
  lines.push(
    `const PublishedVector kPublished = {${publishedParts.join(', ')}};`,
    `const SerialTurn kSerialTurns[] = {${turnRows.join(',\n')}};`,
    `const BeginVector kBeginVectors[] = {${beginRows.join(',\n')}};`,
    `const UpdateVectors kUpdate = {{${trusted.join(', ')}}, kBeginVectors, ${beginRows.length}, ${image}};`,
    `const LinkVector kLinkVectors[] = {${linkRows.join(',\n')}};`,
    `const FrameVector kFrameVectors[] = {${frameRows.join(',\n')}};`,
    `const MessageVector kMessageVectors[] = {${messageRows.join(',\n')}};`,
    '}  // namespace signalbox::lx106',
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
}

/** Declares the bytes and returns the initializer that names them. */
function bytes(lines, name, hex) {
  const values = (hex.match(/../g) ?? []).map((pair) => `0x${pair}`);
  lines.push(`const uint8_t ${name}Data[] = {${[...values, '0'].join(',')}};`);
  return `{${name}Data, ${values.length}}`;
}
