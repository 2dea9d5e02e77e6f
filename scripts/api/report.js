import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

/** Not the tsconfig of the packages, which leads to their sources: the report is of what is published. */
const COMPILER_OPTIONS = {
  target: 'es2023',
  lib: ['es2023', 'dom', 'esnext.disposable'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
};

/** The text of the report of an entry. */
export function reportOf(entry, temporary) {
  const messages = [];
  const { succeeded } = Extractor.invoke(configOf(entry, temporary), {
    localBuild: true,
    messageCallback: (message) => {
      if (message.logLevel === ExtractorLogLevel.Error) messages.push(message.text);
      message.handled = true;
    },
  });
  if (!succeeded) throw new Error([`no report of ${entry.declarations}`, ...messages].join('\n'));
  return readFileSync(join(temporary, entry.report), 'utf8');
}

function configOf({ folder, declarations, report }, temporary) {
  const silent = { default: { logLevel: 'none' } };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: declarations,
      compiler: {
        overrideTsconfig: { compilerOptions: COMPILER_OPTIONS, files: [declarations] },
      },
      apiReport: {
        enabled: true,
        // What an exported declaration is made of is public, too, though it cannot be imported by its name.
        includeForgottenExports: true,
        reportFileName: report,
        reportFolder: temporary,
        reportTempFolder: join(temporary, 'new'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  });
}
