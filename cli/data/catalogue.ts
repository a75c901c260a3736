import type { PublicSource } from './public-source.ts';
import { speechCommandsFiles } from './speech-commands-68.ts';
import { spokenDigitFiles } from './spoken-digits.ts';

/** A public data set that can be brought into the form of a federation. */
export interface DataSetEntry {
  readonly name: string;
  readonly title: string;
  readonly participants: number;
  /** Of all recordings; about, for what is generated, and absent where it is not known before one has them. */
  readonly bytes?: number;
  readonly licence: {
    readonly name: string;
    /** What a user has to know before the first use. */
    readonly terms: string;
  };
  /** Where it comes from, for people. */
  readonly sourceUrl: string;
  /**
   * Of its manifest.csv, which names the sha256 of every file: so it stands for all of the set. Absent where the files
   * are not the same for everybody.
   */
  readonly sha256?: string;
  /** How it is had: `get` downloads it, or makes it, or takes it from a folder (`--from`) that you have. */
  readonly access:
    | { readonly kind: 'download'; readonly source: PublicSource }
    | { readonly kind: 'folder' }
    | { readonly kind: 'agreement'; readonly layout: 'demos' }
    | { readonly kind: 'generated' };
}

const CC_BY = 'Free to use and to pass on, changed too, if the authors are named.';
const SHARE_ALIKE = `${CC_BY} What is derived from it must be passed on under the same licence.`;

/** Every known set. None is part of FedShell. */
export const CATALOGUE: readonly DataSetEntry[] = [
  {
    name: 'speech-commands-68',
    title: 'ten spoken words of 68 speakers, wav, 16 kHz (P. Warden 2018, version 0.02)',
    participants: 68,
    bytes: 43_996_412,
    licence: { name: 'CC BY 4.0', terms: `${CC_BY} Here: Google and Pete Warden.` },
    sourceUrl: 'https://arxiv.org/abs/1804.03209',
    sha256: '6465c27e482358e07b6270d16e5c9caa264b18cbd0d2028d1184cc581c27fe55',
    access: {
      kind: 'download',
      source: {
        url: 'https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_test_set_v0.02.tar.gz',
        bytes: 112_563_277,
        files: speechCommandsFiles,
      },
    },
  },
  {
    name: 'fsdd',
    title: 'spoken digits of six speakers, wav, 8 kHz (Free Spoken Digit Dataset)',
    participants: 6,
    bytes: 8_442_626,
    licence: { name: 'CC BY-SA 4.0', terms: `${SHARE_ALIKE} Here: Z. Jackson and others.` },
    sourceUrl: 'https://github.com/Jakobovski/free-spoken-digit-dataset',
    sha256: '503baeb722cb0d13fedcae2c39d2d97dbd07b8aa26f01f31486c14d5e8b7916c',
    access: {
      kind: 'download',
      source: {
        url: 'https://codeload.github.com/Jakobovski/free-spoken-digit-dataset/tar.gz/26eb9aaf',
        files: spokenDigitFiles,
      },
    },
  },
  {
    name: 'emodb',
    title: 'seven emotions of eight speakers, wav, 16 kHz (Berlin Database of Emotional Speech 2005)',
    participants: 8,
    bytes: 25_177_468,
    licence: {
      name: 'CC0 1.0',
      terms: 'Free of conditions. Cite F. Burkhardt and others, Interspeech 2005.',
    },
    sourceUrl: 'https://github.com/audeering/emodb',
    sha256: '424997c5009c9c2d520ba1cf2a2b25c533b368f6f606644a8eef06d7c2f1bd90',
    access: { kind: 'folder' },
  },
  {
    name: 'cwru-bearing',
    title: 'bearing vibration, three positions at three loads, ten classes, wav, 12 kHz',
    participants: 9,
    bytes: 19_752_160,
    licence: {
      name: 'public, no formal licence',
      terms:
        'Published for free download by the CWRU Bearing Data Center, which is to be named. Do not pass it on.',
    },
    sourceUrl: 'https://engineering.case.edu/bearingdatacenter',
    sha256: 'a7b1cdd149ae97a2db6f36a011a49814c321137058b4ab830378ef558fadf712',
    access: { kind: 'folder' },
  },
  {
    name: 'gearbox-4pos',
    title: 'gearbox vibration, four mounting positions at ten loads, healthy or broken, csv',
    participants: 32,
    bytes: 13_277_481,
    licence: {
      name: 'CC BY-SA',
      terms: `${SHARE_ALIKE} Here: SpectraQuest data set, OpenEI submission 623.`,
    },
    sourceUrl: 'https://data.openei.org/submissions/623',
    sha256: '1b568e97ba510e97f9614a33d1d9839442a4cfc7f12351b4b903125f17bc4ebd',
    access: { kind: 'folder' },
  },
  {
    name: 'skab',
    title: 'pump test bed with anomalies, eight signals, csv (Skoltech Anomaly Benchmark)',
    participants: 4,
    bytes: 3_691_549,
    licence: {
      name: 'GPL 3.0',
      terms: 'May be passed on under the GPL 3.0 only. Cite I. D. Katser and V. O. Kozitsin, 2020.',
    },
    sourceUrl: 'https://github.com/waico/SKAB',
    sha256: '59712d0e45e7e27069f8dafc92330db5f988fae3b6760d179cac908165b2e491',
    access: { kind: 'folder' },
  },
  {
    name: 'cmapss',
    title: 'turbofan engines run to failure, four fleets, text (NASA C-MAPSS)',
    participants: 4,
    bytes: 25_559_473,
    licence: {
      name: 'CC0',
      terms: 'Work of the US government, free of conditions. Cite A. Saxena and others, PHM 2008.',
    },
    sourceUrl: 'https://data.nasa.gov/dataset/cmapss-jet-engine-simulated-data',
    sha256: '5f7f87624acf3dc4f342cad57825c506d474dd662323695f863b5a5afbbcf368',
    access: { kind: 'folder' },
  },
  {
    name: 'hydraulic-vertical',
    title: 'hydraulic rig, sensors by owner, five targets, text',
    participants: 6,
    bytes: 8_614_736,
    licence: {
      name: 'CC BY 4.0 (to be confirmed)',
      terms: `${CC_BY} Here: N. Helwig and others, I2MTC 2015. One re-publisher lists another licence: ask before you pass it on.`,
    },
    sourceUrl: 'https://archive.ics.uci.edu/dataset/447',
    sha256: 'cfae1c1e24a7e3a84e3ae1c7ac82c7c942882f6e63140754e57033dabc68995b',
    access: { kind: 'folder' },
  },
  {
    name: 'ai4i2020',
    title: 'predictive maintenance table, csv (AI4I 2020)',
    participants: 3,
    bytes: 719_025,
    licence: { name: 'CC BY 4.0', terms: `${CC_BY} Here: S. Matzka, AI4I 2020.` },
    sourceUrl: 'https://archive.ics.uci.edu/dataset/601',
    sha256: '0497d38d346f42df79bee52ab9b4e77b6dc9b0621979728aa53534473843fb1f',
    access: { kind: 'folder' },
  },
  {
    name: 'breast-vertical',
    title: 'two parties with features of the same patients, csv (Wisconsin diagnostic breast cancer)',
    participants: 2,
    bytes: 169_455,
    licence: { name: 'CC BY 4.0', terms: `${CC_BY} Here: W. H. Wolberg and others, 1995.` },
    sourceUrl: 'https://archive.ics.uci.edu/dataset/17',
    sha256: 'cb0ace0a89ac43a843b50b26db2c3e81fe60c24e997976197a96f2d387c527c7',
    access: { kind: 'folder' },
  },
  {
    name: 'demos',
    title: 'seven emotions of 68 Italian speakers, wav (DEMoS)',
    participants: 68,
    licence: {
      name: 'by agreement',
      terms:
        'Restricted: permanent staff of a university signs the agreement of its authors, who then give the files. Unpack them and name the folder with --from. They must not be passed on.',
    },
    sourceUrl: 'https://zenodo.org/records/2544829',
    access: { kind: 'agreement', layout: 'demos' },
  },
  {
    name: 'demos-synthetic',
    title:
      'a stand-in for DEMoS of the same shape: 68 generated speakers, seven classes, unequal counts, wav, 16 kHz',
    participants: 68,
    bytes: 900_000_000,
    licence: { name: 'none needed', terms: 'Made by FedShell on your machine; it holds nobody’s voice.' },
    sourceUrl: 'docs/data.md',
    access: { kind: 'generated' },
  },
];
