#ifndef ACLC_CLI_XML_H
#define ACLC_CLI_XML_H

#include "cli/output.h"

/*
 * Text from outside, inside an element or an attribute in double quotes: what
 * XML would obey is escaped, line ends and tabs by number so that attributes
 * keep them; what no XML 1.0 document may hold becomes U+FFFD.
 */
void output_xml(struct output *, struct text);

/* ` name="value"` */
void output_xml_attribute(struct output *, const char *name, struct text value);

#endif
