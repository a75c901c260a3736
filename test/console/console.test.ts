import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { RunningDemo } from '../../bench/support/running-demo.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const describeInBrowser = CHROMIUM === undefined ? describe.skip : describe;

describeInBrowser(
  `the console in a browser${CHROMIUM === undefined ? ' (skipped: no Chromium is installed)' : ''}`,
  () => {
    let demo: RunningDemo;
    let browser: Browser;
    let page: Page;
    const faults: string[] = [];

    beforeAll(async () => {
      demo = new RunningDemo(['--rounds', '2', '--epochs', '2']);
      await demo.until(async () => (await demo.runs())[0]?.state === 'completed', 'the first run');
      browser = await chromium.launch({ executablePath: CHROMIUM as string, args: ['--no-sandbox'] });
      page = await browser.newPage();
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
      await page.goto(await demo.api());
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      await demo?.end();
    });

    it('shows the run, its participants and where the model is', async () => {
      await page
        .getByRole('region', { name: 'Run', exact: true })
        .locator('dd', { hasText: '2/2' })
        .waitFor();
      for (const participant of ['machine-1', 'machine-2', 'machine-3']) {
        await page.getByRole('button', { name: participant }).waitFor();
      }
      const model = page.getByRole('region', { name: 'Model in the AAS' });
      await model.getByText(/:model:vibration:main:2$/).waitFor();
      const download = await model.getByRole('link', { name: 'download' }).getAttribute('href');
      expect((await fetch(download ?? '')).status).toBe(200);
    });

    it('shows one participant in detail', async () => {
      await page.getByRole('button', { name: 'machine-2' }).click();
      const detail = page.getByLabel('Participant machine-2');
      expect(await detail.innerText()).toMatch(/train \/ test examples\s+\d+ \/ \d+/);
    });

    it('starts a run from the form and follows it to its end', async () => {
      await page.getByLabel('Rounds', { exact: true }).fill('1');
      await page.getByLabel('Local epochs').fill('1');
      await page.getByLabel('machine-3').uncheck();
      await page.getByRole('button', { name: 'Start' }).click();
      const shownRun = page.getByRole('region', { name: 'Run', exact: true });
      await shownRun.locator('dd', { hasText: '1/1' }).waitFor();
      await shownRun.locator('dd', { hasText: 'completed' }).waitFor();

      const [run] = await demo.runs();
      expect(run).toMatchObject({ state: 'completed', totalRounds: 1, localEpochs: 1 });
      expect(run?.rounds[0]?.cohort).toEqual(['machine-1', 'machine-2']);
    });

    it('raises no error in the browser', () => {
      expect(faults).toEqual([]);
    });
  },
);
