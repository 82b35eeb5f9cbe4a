/// The version of these programs, which `rushes version` prints.
package let programVersion = "0.1.0"
