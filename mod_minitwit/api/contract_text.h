/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONTRACT_TEXT_H
#define MT_CONTRACT_TEXT_H

/* Templates for core/template.h: the description of the API in JSON, and as a page. The build makes them from
 * docs/openapi.yaml (docs/make-contract). */
extern const char mt_api_contract_json[];
extern const char mt_api_contract_page[];

#endif
