/** The bytes of a WAV file with the given samples, fractions of full scale, one array a channel. */
export function wavFile(options: {
  readonly format: number;
  readonly bits: 16 | 24 | 32;
  readonly sampleRateHz: number;
  readonly channels: readonly (readonly number[])[];
  readonly extensible?: boolean;
  readonly extraChunk?: boolean;
}): Uint8Array {
  const { format, bits, sampleRateHz, channels } = options;
  const frameBytes = (bits / 8) * channels.length;
  const fmt = new DataView(new ArrayBuffer(options.extensible ? 40 : 16));
  fmt.setUint16(0, options.extensible ? 0xfffe : format, true);
  fmt.setUint16(2, channels.length, true);
  fmt.setUint32(4, sampleRateHz, true);
  fmt.setUint32(8, sampleRateHz * frameBytes, true);
  fmt.setUint16(12, frameBytes, true);
  fmt.setUint16(14, bits, true);
  if (options.extensible) fmt.setUint16(24, format, true);
  const frames = channels[0]?.length ?? 0;
  const data = new DataView(new ArrayBuffer(frames * frameBytes));
  for (let frame = 0; frame < frames; frame += 1) {
    channels.forEach((samples, channel) => {
      const offset = frame * frameBytes + channel * (bits / 8);
      const value = samples[frame] ?? 0;
      const integer = value * 2 ** (bits - 1);
      if (format === 3) data.setFloat32(offset, value, true);
      else if (bits === 16) data.setInt16(offset, integer, true);
      else if (bits === 32) data.setInt32(offset, integer, true);
      else {
        data.setUint16(offset, integer & 0xffff, true);
        data.setInt8(offset + 2, integer >> 16);
      }
    });
  }
  const extra = options.extraChunk ? [chunk('LIST', new Uint8Array(3))] : [];
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    chunk('fmt ', new Uint8Array(fmt.buffer)),
    ...extra,
    chunk('data', new Uint8Array(data.buffer)),
  ]);
  return new Uint8Array(chunk('RIFF', body));
}

function chunk(name: string, content: Uint8Array): Buffer {
  const header = Buffer.alloc(8, name);
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content, Buffer.alloc(content.length % 2)]);
}
