import { GenericContainer } from 'testcontainers';

/** What docker-compose.yml gives a host, so that the tests run under exactly these rights and no others. */
export interface HostRights {
  readonly cap_add: string[];
  readonly security_opt: string[];
  readonly device_cgroup_rules: string[];
  readonly sysctls: Record<string, string>;
  readonly cgroup: string;
  readonly tmpfs: string[];
}

/** A host as docker-compose.yml has it; testcontainers has no methods for half of what that takes. */
export class HostContainer extends GenericContainer {
  constructor(image: string, rights: HostRights) {
    super(image);
    Object.assign(this.hostConfig, {
      Init: true,
      CapAdd: rights.cap_add,
      SecurityOpt: rights.security_opt
        .map((option) => option.replace('systempaths=unconfined', ''))
        .filter(Boolean),
      // What the command line makes of systempaths=unconfined.
      MaskedPaths: [],
      ReadonlyPaths: [],
      CgroupnsMode: rights.cgroup,
      DeviceCgroupRules: rights.device_cgroup_rules,
      Sysctls: rights.sysctls,
      Tmpfs: Object.fromEntries(rights.tmpfs.map((line) => line.split(':') as [string, string])),
    });
  }
}
