import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  outputDir: "results",
  workers: 1,
  retries: 0, // a flaky test is a bug
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: process.env.REPORT ? [["line"], ["json", { outputFile: process.env.REPORT }]] : [["list"]],
  use: {
    actionTimeout: 15_000,
    browserName: "chromium",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
      ],
    },
  },
});
