import { type Command, Option } from 'commander';

/**
 * Lets --json stand behind a command as well. With positional options, which `phone shell` needs to leave its command's own
 * options alone, commander takes the program's options before the command only.
 */
export function jsonAfterCommands(command: Command): void {
  for (const one of command.commands) {
    one.addOption(new Option('--json').hideHelp());
    jsonAfterCommands(one);
  }
}

/** Keeps commander's own words from stderr, of every command: --json promises one document there. */
export function quietUsage(command: Command): void {
  command.configureOutput({ outputError: () => undefined }).showHelpAfterError(false);
  for (const one of command.commands) quietUsage(one);
}
