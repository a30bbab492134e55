/** Longest value of a property that is not ro.* (PROP_VALUE_MAX 92 with its NUL; bionic sys/system_properties.h). */
export const PROPERTY_VALUE_MAX = 91;

export type PropertyList = readonly (readonly [string, string])[];

/**
 * `name=value` lines as init reads them. A line cannot carry a line break, and init trims blanks around a value.
 * Errors: RangeError naming the property: such a value is a mistake of ours, a partner's is refused long before.
 */
export function propertyText(properties: PropertyList): string {
  return properties
    .map(([name, value]) => {
      if (!/^[\x21-\x3c\x3e-\x7e]+$/.test(name) || !/^[\x20-\x7e]*$/.test(value) || value.trim() !== value)
        throw new RangeError(`the property ${JSON.stringify(name)} cannot be written to a file`);
      return `${name}=${value}\n`;
    })
    .join('');
}
