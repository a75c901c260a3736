import type { ChosenFile } from './public-source.ts';

/**
 * The clips of the set by speaker: word, number of the speaker's take of it, and a star where it is held out for tests.
 * They are of the 85 speakers with most clips of the ten words in the official test files, without every fifth.
 */
const CLIPS = [
  '03401e93 left0 left1 no0 no1 no2 no3 off0* on0 right0 right1* up0 yes0',
  '0c40e715 down0 go0 go1* no0* off0* off1 off2 off3 right0 right1 stop0 stop1 up0',
  '0cb74144 down1 down2 down4 go0 go2* go3* left2 left3 no1 no2 no3* off3 off4 on0 on1* right2 right3 stop0* stop1 up0 up1 yes0 yes2 yes3',
  '18f8afd5 down0 down2 go0* go1 go3 left0 left1* no2* no3 no4 off2 off3 on3 on4 right1* right2 right3 stop1 stop3 up0 up1 up3 yes1* yes2',
  '1acc97de down0 down2 down3 go0 go3 left0 left3 no1 no4 off1* off2* on0 on1* on2 right0 right1 stop0* stop3 up0 up1 up2 yes0* yes1 yes4',
  '1b4c9b89 down3 down4 go1 go2 left3 left4 no1 no2 no3 off0* off3* on1* on4 right0* right1 right4 stop1 stop3 stop4 up0 up1 up3 yes2 yes4*',
  '2796ac50 down0 go0* go1 left0* left1 left2 no0 no1 off0 right0 stop0 up0 yes0 yes1*',
  '27c30960 down0 down1 left0 left1 no0* no1 off0 on0 stop0 stop1 up0* yes0',
  '283d7a53 down0 down1 left0* left1* no0 no1 no2 off0 on0 on1* right0 right1 yes0',
  '2fa39636 go0 left0 no0* no1 off0 off1 on0 right0 stop0 stop1* up0 up1 up2*',
  '37fc5d97 down0* go0 on0 right0 right1 right2* right3 stop0 stop1 stop2 up0 up1 up2* up3',
  '3b4f8f24 down2 down3 down4 go1* go4* left1 left2 no1 no2 no3 off0 off1 on0 on1* on2 right0* right3 stop0 stop1 up0 up1 up3 yes1 yes2*',
  '3d86b69a down0 down1 go0* go1* go2 left0 left1 no0 no2 no3 off0 off1 off2* on0 on1* right0* right3 stop1 stop2 up0 up1 up2 yes0 yes3',
  '3efef882 down0 left0 left1 left2 no0* no1* off0 off1 off2 right0 right1 right2',
  '4c6167ca down1* down3* go0 go6* left0* left2 left3 no0 no3 off0 off1 off5 on1 on3 right2 right3 stop0 stop1 stop4 up0 up3 yes2 yes7* yes8',
  '4c841771 down0 down1* left0 no0 off0 on0 on1 up0 up1 up2* up3 up4 up5*',
  '4fd1443e down0 down3* go0 go3 left0 left1 no0 no1 no2* off0 off1 off2 on1* on2 right1 right3 stop1 stop2 stop3 up0 up3 yes2* yes3* yes4',
  '553f1a79 down0 down1 go0* go1 go2 go3 left0 off0* off1 up0 up1 up2* yes0 yes1',
  '563aa4e6 down2 down3 go0 go2* left0 left1* left3* no0 no3* no4 off1* off2 off4 on0 on1 right0 right1 stop0 stop1 stop3 up0 up2 yes2 yes3',
  '587f3271 down0 down1* left0 left1 off0 on0 on1 right0 right1 right2* stop0 up0* yes0',
  '5c8af87a down1 down2 down3 go0 go4 left2* left3 left4 no2 no3 off0 off1 on3 on4 right0 right1* stop0 stop1* stop2 up1 up2* yes0* yes2 yes3',
  '5e3dde6b down0 down2 go0* go3 go4 left0 left1 no1 no3* off0 off4 on0 on1 right0 right1* stop0 stop1 stop4 up0* up2* up3 yes0 yes3 yes4',
  '5f814c23 down0 left0 left1 left2 no0 on0 right0 right1 right2 stop0 yes0* yes1* yes2*',
  '63f7a489 down0 down3 go1 go4 left1* left3* no1 no4* off0 off2 off3 on0* on1 on2 right2 right3 stop0 stop2* stop3 up0 up1 up2 yes0 yes4',
  '68dd409e down0 go0 go1* go2 left0 left1 no0 off0 off1 off2 on0* right0 stop0 stop1 stop2* up0 up1 yes0*',
  '692a88e6 down1 down2 down3 go1 go2 left0 left1 left2 no1 no4 off1 off2* on1 on2 on3 right0* right1* right4 stop0* stop4* up2 up3 yes0 yes3',
  '6f689791 down0* down1 down2 left0 no0 off0 off1 on0 on1 right0* stop0 stop1 stop2* up0 yes0',
  '7192fddc down0* down1 go0 go1 left0 on0 right0* right1 right2 stop0 up0 up1* yes0',
  '837a0f64 down0 down2 down3 go3* go4 left0 left1 left4* no0 no4 off0* on2 on3* on4 right0 right2 right3 stop1* stop3 stop4 up1 up3 yes2 yes4',
  '84d1e469 down0 no0* no1 no2* off0 off1 off2 off3 on0 on1 up0* yes0 yes1 yes2',
  '87070229 down1 down2* down3 go1 go3 left0 left2 left3 no0 no3* off2 off3* on2* on4 right0 right2* stop2 stop4 up0 up1 up4 yes0 yes1 yes3',
  '8769c34c down2 down3 go1 go4 left1 left2 no0 no2 off0 off3 on0 on2* on4 right0* right1 right2* stop1 stop2 stop3 up0 up1 yes0* yes1* yes4',
  '893705bb down4 down5 go0 go3 left2 left4 no0 no5 off1 off2* off6* on12 on14 on8* right1* right7* right8 stop0 stop7 up12 up16 up3 yes4 yes7',
  '8ea6dec6 down0 down1 down2 go0 go1* left0* off0 on0 on1 right0 stop0* up0 up1',
  '8ec6dab6 down0* down1* down2 no0* no1 no2 off0 on0 stop0 up0 up1 up2 yes0',
  '8fe67225 down1 down2* down3 go0 go1 go2* left2 left3 no0 no2* no3 off1 off4 on0 on4 right0 right1 right2 stop1* stop4 up1 up2* yes0 yes2',
  '91b03183 down0 go0 go4 left1 left4* no1 no2* no3 off0 off1 off2 on0 on1 on2 right0 right1* stop0 stop1 stop2* up1* up2 yes1 yes2 yes3',
  '94de6a6a down1* down4 go1 go2 go3 left3 left4 no0 no2 no3 off0 off2* on0 on3* right0 right4 stop0 stop4* up0 up1 up3 yes0 yes2 yes4*',
  '964e8cfd down0 down4 go0* go1 go2 left2 left4 no0 no1 no3 off0* off1 on0 on1 right1 right2 stop0 stop2 stop4 up2 up3* yes0* yes1* yes2',
  '97f4c236 down0 down3 down4 go0 go3 left0 left1 left4 no1* no2* off3 off4 on1 on2 right0 right1 right2 stop0* stop2 up0 up1 up4* yes0* yes2',
  '9a69672b down0 down2 go0* go1 go3 left0 left1 left4* no0* no3 no4 off0* off2 on0 on3 right0 right1 stop0 stop3 up0 up1 up2 yes2* yes4',
  '9a7c1f83 down0 down1 down2* go0 go1 left1 left3* no0 no1 no3 off0 on1 on2* on6* right0 right2 right4 stop1 stop3 stop5* up0 up3 yes0 yes2',
  '9e2ce5e3 down0* down1 no0* no1* no2 off0 off1 on0 stop0 up0 up1 up2 yes0',
  'a4383927 down0* go0 left0 left1 no0 off0 off1 off2 off3 on0 on1 on2 right0* stop0 stop1*',
  'a60a09cf go0* left0 left1* no0* no1 off0 on0 on1 right0 up0 up1 yes0 yes1',
  'a6f2fd71 down1 down3 go0 go1 left0* left1 no1 no3 off1 off2 off3 on0* on3 right1 right2 right3 stop1* stop2 stop3* up2 up4 yes0 yes2* yes3',
  'a7216980 down2* down3 go0 go1* go3 left0 left4 no0 no2 off0 off4 on0 on1 right1 right2 right3 stop0 stop1 up0* up1 up3 yes1* yes2 yes4*',
  'aa80f517 down2 down3* go0* go1 go3 left0 left2 no2 no3 off0 off1 off2* on0* on1 right1 right3* right4 stop1 stop4 up1 up4 yes0 yes3 yes4',
  'b97c9f77 down0 down3 down4 go0 go1* go2 left1* left2 left3 no1* no2 no4 off0* off3 on0* on2 right2 right3 stop2 stop3 up0 up2 yes0 yes2',
  'bb05582b down2 down3 go2 go3 go4 left1 left3* no0 no4 off0* off1 on0 on1 on2 right0 right1 right3 stop0 stop1 up0* up3* yes0* yes1 yes2',
  'beb458a4 down1 down2* go3 go4 left2 left4* no0 no2* no4* off1 off2 off4 on3 on4 right1 right2 right3 stop2 stop3 up0 up3* up4 yes1 yes2',
  'bfd26d6b down1* down2* go0 go1 go4* left0 left2* no0 no3 off0 off4 on2 on3 on4 right1 right2 stop1 stop4 up0 up3 up4 yes0* yes3 yes4',
  'c9b5ff26 down0* down1* go2 go3 left1* left3 no0 no1 no3 off2 off3 on0 on2* on4 right1 right2* stop0 stop1 stop2 up2 up4 yes0 yes1 yes3',
  'ca4d5368 down1 down3 down4* go0* go3 left2 left3 no1 no4 no5 off0 off3 on0 on2 on3* right1 right3 stop1* stop2 up1 up3 yes0 yes2* yes5',
  'cd85758f down0 down1 down2 go0 go1* go4 left2* left3 no0 no1 no2 off0* off3 on2 on3 right2* right3 stop0 stop1 stop3* up0 up2 yes3 yes4',
  'cfbedff9 down0 down2 down3 go0* go2 left0 left4 no1* no2 off1 off2 on1* on2 on3 right0 right2 right3 stop0 stop1 up0 up3 yes2* yes3* yes4',
  'd0faf7e4 down0 down2 go0 go4* left0 left1 left4 no1 no2 no4 off1 off3 on1* on3* right0 right2 right3* stop1 stop2* up0 up1 up4 yes2 yes6',
  'd5b963aa down3 down4* go0 go1 go2 left2 left3 no0 no1* no4 off2 off3* on0 on1* on2* right1 right2 stop0 stop1 stop2 up0 up2 yes0 yes2',
  'e0c782d5 down1 down2 go1 go2 left2 left3 no0 no1* off0* off1 off2* on0 on2* on3 right1 right2 right4 stop3 stop4 up1* up2 yes0 yes1 yes3',
  'e1469561 down1 down3 down4 go2 go3 left2 left4* no2 no4 off1 off3 off4* on1* on2 on4 right3 right4 stop1 stop2 up1* up4 yes0* yes2 yes4',
  'e41a903b down3* down4 go2 go3 left0 left1 no0* no3 off0 off1* off2 on0 on1 on3* right1 right2 right4 stop1 stop2 stop3 up0* up3 yes0 yes2',
  'e49428d9 down0 down1 down4 go0 go1 go3 left0 left1 left2 no0* no1* no2 no3 on1 on2* on3 right0 right1 right2* right3 yes0 yes1 yes3 yes4*',
  'ea356919 go0* go1 go2 left0 off0 off1 on0 right0 stop0 stop1* up0 up1 up2*',
  'f428ca69 down0 go0 left0* left1 left2 left3 no0 off0 off1 on0* right0 stop0 up0 up1 up2*',
  'f9643d42 down0 down4 go0* go1 left2 left3 left4 no1 no2 off2* off4 on0 on2* on3 right0 right1 right3 stop0 stop1 up0 up1 up3* yes0* yes1',
  'fa446c16 down0 go0* go1 left0 left1 no0 no1 on0 on1 stop0 stop1 stop2 stop3* yes0*',
  'fb7eb481 down0 down3 go1 go3 left1* left3 no0 no1 no4 off1 off2 off3* on2* on3 on4 right2* right3 right4* stop1 stop2 up0 up2 yes2 yes3',
  'fdb5155e down0 down1 no0 off0 right0 right1* right2 stop0 stop1 up0* up1 up2 up3 up4 yes0 yes1*',
] as const;

const SAMPLE_RATE_HZ = 16_000;
const SAMPLES = 16_000;

/** Which files of the official archive the set is made of. */
export function speechCommandsFiles(): readonly ChosenFile[] {
  return CLIPS.flatMap((line) => {
    const [speaker = '', ...clips] = line.split(' ');
    return clips.map((clip) => {
      const [, word = '', take = '', held] = /^([a-z]+)(\d+)(\*)?$/.exec(clip) ?? [];
      const name = `${word}_${speaker}_nohash_${take}.wav`;
      return {
        member: `${word}/${speaker}_nohash_${take}.wav`,
        file: `wav/${speaker}/${name}`,
        client: speaker,
        label: word,
        split: held === undefined ? 'train' : 'test',
        columns: { sample_rate: () => SAMPLE_RATE_HZ, samples: () => SAMPLES },
      };
    });
  });
}
