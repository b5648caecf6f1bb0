import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.test.{ts,tsx}'],
    setupFiles: ['tests/setup.ts'],
    // Machines that are busy with other things are slow, not wrong.
    testTimeout: 30_000,
    server: { deps: { inline: [/@jupyterlab/, /@lumino/, /@jupyter/, /@microsoft/] } }
  }
});
